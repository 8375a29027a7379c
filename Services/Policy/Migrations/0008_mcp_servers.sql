-- MCP servers, without their static tokens: those are in the vault.

CREATE TABLE mcp_server (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  mcp_server_id text NOT NULL,
  name text NOT NULL,
  -- Stands before the names of its tools where several servers are joined.
  slug text NOT NULL CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  url text NOT NULL,
  auth_type text NOT NULL CHECK (auth_type IN ('none', 'staticToken', 'oauth')),
  -- NULL: not set up yet.
  integration_id text,
  -- NULL: the Integration's default scopes.
  scopes text[],
  header text,
  prefix text,
  -- NULL: all tools.
  allowed_tools text[],
  description text,
  status text NOT NULL CHECK (status IN ('enabled', 'disabled')),
  pinning boolean NOT NULL,
  -- NULL: the server's tools were never looked at.
  catalogue_stored_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, mcp_server_id),
  UNIQUE (organization_id, slug),
  -- An Integration's row outlives its deletion, and goes for good only when no server names it any more.
  FOREIGN KEY (organization_id, integration_id) REFERENCES integration (organization_id, integration_id),
  CHECK (auth_type = 'oauth' OR (integration_id IS NULL AND scopes IS NULL)),
  CHECK ((auth_type = 'staticToken') = (header IS NOT NULL AND prefix IS NOT NULL))
);
CREATE INDEX mcp_server_newest ON mcp_server (organization_id, created_at DESC, mcp_server_id DESC);
CREATE INDEX mcp_server_integration ON mcp_server (organization_id, integration_id) WHERE integration_id IS NOT NULL;

ALTER TABLE mcp_server ENABLE ROW LEVEL SECURITY;
ALTER TABLE mcp_server FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON mcp_server
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));

GRANT SELECT, INSERT, UPDATE, DELETE ON mcp_server TO policy_app;

-- The stored catalogue: what a server says about each of its tools, and what of that was approved.
CREATE TABLE mcp_tool (
  organization_id text NOT NULL,
  mcp_server_id text NOT NULL,
  name text NOT NULL,
  -- The definition as the server gave it last, in its own words: as text, since jsonb would rewrite numbers and names.
  definition text NOT NULL,
  definition_hash text NOT NULL,
  -- The definition that was approved; NULL: none was.
  approved_definition text,
  approved_hash text,
  -- Whether the server had it when it was looked at last.
  is_present boolean NOT NULL,
  is_blocked boolean NOT NULL,
  first_seen_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, mcp_server_id, name),
  FOREIGN KEY (organization_id, mcp_server_id) REFERENCES mcp_server (organization_id, mcp_server_id) ON DELETE CASCADE,
  CHECK ((approved_definition IS NULL) = (approved_hash IS NULL))
);

ALTER TABLE mcp_tool ENABLE ROW LEVEL SECURITY;
ALTER TABLE mcp_tool FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON mcp_tool
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));

GRANT SELECT, INSERT, UPDATE, DELETE ON mcp_tool TO policy_app;

-- The vault is also told to destroy an MCP server's static token and to revoke its Connections.
ALTER TABLE vault_task DROP CONSTRAINT vault_task_kind_check;
ALTER TABLE vault_task ADD CONSTRAINT vault_task_kind_check CHECK (kind IN (
  'destroySecret', 'revokeUser', 'revokeIntegration', 'destroyStaticToken', 'revokeServer'));
