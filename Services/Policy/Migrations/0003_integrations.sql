-- Integrations, without their client secrets: those are in the vault.

CREATE TABLE integration (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  integration_id text NOT NULL,
  name text NOT NULL,
  -- The catalogue's id, or custom.
  provider text NOT NULL,
  -- Normalized: what Applications select by.
  provider_url text NOT NULL,
  client_id text NOT NULL,
  default_scopes text[] NOT NULL,
  -- NULL: no ceiling.
  maximum_scopes text[],
  variables jsonb NOT NULL DEFAULT '{}',
  custom jsonb,
  status text NOT NULL CHECK (status IN ('enabled', 'disabled')),
  redirect_uri text NOT NULL,
  secret_expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- A deleted Integration is invisible to everyone but the exchanger, which needs its endpoints and its secret to revoke
  -- tokens at the provider.
  deleted_at timestamptz,
  PRIMARY KEY (organization_id, integration_id)
);
CREATE INDEX integration_provider_url ON integration (organization_id, provider_url) WHERE deleted_at IS NULL;
CREATE INDEX integration_newest ON integration (organization_id, created_at DESC, integration_id DESC)
  WHERE deleted_at IS NULL;

ALTER TABLE integration ENABLE ROW LEVEL SECURITY;
ALTER TABLE integration FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON integration
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));

-- What the vault has still to be told, so that a crash or an unreachable vault leaves nothing undone: destroy a client secret,
-- revoke a user's or an Integration's Connections. Holds ids and times only; the worker reads it across organizations under
-- the setting lanyard.worker.
CREATE TABLE vault_task (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('destroySecret', 'revokeUser', 'revokeIntegration')),
  subject text NOT NULL,
  actor_kind text NOT NULL,
  actor_id text,
  due_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  PRIMARY KEY (organization_id, kind, subject)
);
CREATE INDEX vault_task_due ON vault_task (due_at);

ALTER TABLE vault_task ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault_task FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON vault_task
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
CREATE POLICY worker ON vault_task
  USING (current_setting('lanyard.worker', true) = 'vault-tasks')
  WITH CHECK (current_setting('lanyard.worker', true) = 'vault-tasks');

GRANT SELECT, INSERT, UPDATE, DELETE ON integration TO policy_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault_task TO policy_app;
