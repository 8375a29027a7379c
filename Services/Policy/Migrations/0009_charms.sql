-- Charms: which MCP servers each of them has, narrowed to which tools.

CREATE TABLE charm (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  -- The host platform's id, as sessions name it.
  charm_id text NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, charm_id)
);
CREATE INDEX charm_newest ON charm (organization_id, created_at DESC, charm_id DESC);

CREATE TABLE charm_server (
  organization_id text NOT NULL,
  charm_id text NOT NULL,
  mcp_server_id text NOT NULL,
  -- The owner's order.
  position integer NOT NULL,
  -- NULL: no narrowing.
  allowed_tools text[],
  PRIMARY KEY (organization_id, charm_id, mcp_server_id),
  FOREIGN KEY (organization_id, charm_id) REFERENCES charm (organization_id, charm_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, mcp_server_id) REFERENCES mcp_server (organization_id, mcp_server_id) ON DELETE CASCADE
);
CREATE INDEX charm_server_server ON charm_server (organization_id, mcp_server_id);

DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['charm', 'charm_server'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('CREATE POLICY own_organization ON %I
      USING (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))
      WITH CHECK (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))',
      fenced);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON charm TO policy_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON charm_server TO policy_app;
