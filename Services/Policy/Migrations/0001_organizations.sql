-- Organizations and their members.
--
-- Every table with an organization_id is fenced by row-level security on the setting lanyard.organization, which the
-- application sets for one statement or transaction at a time. FORCE makes the fence hold for the owner role as well.
-- The nullif matters: once used on a connection, the setting reads as the empty string outside a context.

CREATE TABLE organization (
  organization_id text PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE organization ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON organization
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
-- An operator at the command line lists organizations as the owner role. The services never connect with it.
CREATE POLICY operator_list ON organization FOR SELECT TO CURRENT_USER USING (true);

-- A person as the host platform vouches for them. A removed member keeps the row until their Connections are revoked.
CREATE TABLE member (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  user_id text NOT NULL,
  external_id text NOT NULL,
  email text,
  name text,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  groups text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  removed_at timestamptz,
  PRIMARY KEY (organization_id, user_id)
);
CREATE UNIQUE INDEX member_external_id ON member (organization_id, external_id) WHERE removed_at IS NULL;

ALTER TABLE member ENABLE ROW LEVEL SECURITY;
ALTER TABLE member FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON member
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));

GRANT SELECT, INSERT, UPDATE ON organization TO policy_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON member TO policy_app;
GRANT USAGE ON SCHEMA public TO policy_app;
-- The service checks at start that it runs on the schema it was built for.
GRANT SELECT ON schema_migration TO policy_app;
