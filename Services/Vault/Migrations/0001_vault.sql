-- The vault's tables. The owner of the database (role vault_owner) runs this; the service connects as vault_app, which owns nothing.
--
-- Every table with an organization_id is fenced by row-level security on the setting lanyard.organization, also for the owner.
-- A statement without that setting sees no rows. Two tables are different on purpose, and say so below: they hold ids and times only.

-- Fence numbers of leases and claims: they only grow, over all organizations.
CREATE SEQUENCE fence;

-- A known value under the root key: proves at start that the right root key is there. One row, and of no organization.
CREATE TABLE key_canary (
  id smallint PRIMARY KEY CHECK (id = 1),
  root_key_id text NOT NULL,
  blob bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Organization keys, wrapped under a root key. Destroying an organization's rows shreds its data.
CREATE TABLE organization_key (
  organization_id text NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  root_key_id text NOT NULL,
  blob bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, version)
);

-- Client secrets and static tokens. The newest version is current; the one before it is kept for refreshes under way.
CREATE TABLE organization_secret (
  organization_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('clientSecret', 'staticToken')),
  owner_id text NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  sealed_value bytea NOT NULL,
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, kind, owner_id, version)
);

-- One member's authorization of one provider account. sealed_tokens holds every token of it, at record version = generation.
CREATE TABLE connection (
  organization_id text NOT NULL,
  id text NOT NULL,
  user_id text NOT NULL,
  integration_id text NOT NULL,
  provider text NOT NULL,
  provider_url text NOT NULL,
  application_type text NOT NULL CHECK (application_type IN ('Application', 'McpServer')),
  application_id text NOT NULL,
  app_id text NOT NULL,
  application_name text,
  provider_account_id text NOT NULL,
  display_identifier text NOT NULL,
  display_name text,
  display_avatar text,
  scopes text[] NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}',
  is_default boolean NOT NULL DEFAULT false,
  status text NOT NULL
    CHECK (status IN ('active', 'degraded', 'needsReauthorization', 'configError', 'paused', 'revoked')),
  reason text,
  generation bigint NOT NULL CHECK (generation > 0),
  sealed_tokens bytea,
  has_refresh_token boolean NOT NULL,
  received_at timestamptz NOT NULL,
  expires_at timestamptz,
  fence bigint NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT 'epoch',
  next_try_at timestamptz,
  failures integer NOT NULL DEFAULT 0,
  unknown_outcomes integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  PRIMARY KEY (organization_id, id),
  -- A revoked Connection has no tokens, every other one has.
  CHECK ((status = 'revoked') = (sealed_tokens IS NULL))
);
-- One live Connection per person, Integration, application scope and provider account; also the index of the hot path.
CREATE UNIQUE INDEX connection_account ON connection
  (organization_id, user_id, application_type, application_id, app_id, integration_id, provider_account_id)
  WHERE status <> 'revoked';
CREATE UNIQUE INDEX connection_default ON connection
  (organization_id, user_id, application_type, application_id, app_id, integration_id)
  WHERE is_default AND status <> 'revoked';
CREATE INDEX connection_shared_grant ON connection (organization_id, integration_id, provider_account_id)
  WHERE status <> 'revoked';
CREATE INDEX connection_newest ON connection (organization_id, created_at DESC, id DESC);
CREATE INDEX connection_newest_of_user ON connection (organization_id, user_id, created_at DESC, id DESC);

-- The intent of a provider call, written before it is made.
CREATE TABLE refresh_attempt (
  organization_id text NOT NULL,
  connection_id text NOT NULL,
  fence bigint NOT NULL,
  generation bigint NOT NULL,
  secret_version bigint,
  state text NOT NULL CHECK (state IN ('intended', 'committed', 'superseded', 'failed', 'outcomeUnknown', 'abandoned')),
  reason text,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  deadline timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (organization_id, connection_id, fence)
);

-- An authorization in progress. sealed_transaction is at record version = transactions and gone once released or ended.
CREATE TABLE flow (
  organization_id text NOT NULL,
  id text NOT NULL,
  user_id text NOT NULL,
  integration_id text NOT NULL,
  application_type text NOT NULL CHECK (application_type IN ('Application', 'McpServer')),
  application_id text NOT NULL,
  app_id text NOT NULL,
  actor_kind text NOT NULL,
  actor_id text,
  request jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'completed', 'failed')),
  failure_code text,
  failure_message text,
  connection_id text,
  transactions bigint NOT NULL DEFAULT 0,
  state_hash text,
  browser_hash text,
  requested_scopes text[],
  sealed_transaction bytea,
  consumed_at timestamptz,
  released_at timestamptz,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (organization_id, id)
);
CREATE INDEX flow_pending_of_user ON flow (organization_id, user_id) WHERE status = 'pending';

-- Which organization a flow belongs to, for calls that know only its id or the hash of its state (popup and callback carry no session).
CREATE TABLE flow_locator (
  flow_id text PRIMARY KEY,
  organization_id text NOT NULL,
  state_hash text UNIQUE
);

-- A revocation and its work. A task holds the tokens until the provider was told, then never again.
CREATE TABLE revocation (
  organization_id text NOT NULL,
  id text NOT NULL,
  begun_by text,
  actor_kind text NOT NULL,
  actor_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id)
);
CREATE TABLE revocation_task (
  organization_id text NOT NULL,
  connection_id text NOT NULL,
  revocation_id text NOT NULL,
  integration_id text NOT NULL,
  provider_account_id text NOT NULL,
  metadata jsonb NOT NULL,
  sealed_tokens bytea,
  token_generation bigint NOT NULL,
  provider_expires_at timestamptz,
  state text NOT NULL CHECK (state IN ('revoked', 'notRevocableAtProvider', 'sharedGrantKept', 'pending', 'failed')),
  reason text,
  attempts integer NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (organization_id, connection_id),
  FOREIGN KEY (organization_id, revocation_id) REFERENCES revocation (organization_id, id),
  CHECK ((state = 'pending') = (sealed_tokens IS NOT NULL))
);
CREATE INDEX revocation_task_of_revocation ON revocation_task (organization_id, revocation_id, connection_id);

-- Single-use grants that were used, until they expire.
CREATE TABLE used_grant (
  organization_id text NOT NULL,
  grant_id text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, grant_id)
);
CREATE INDEX used_grant_expiry ON used_grant (organization_id, expires_at);

-- Work that becomes due without anyone asking, over all organizations: the sweeper finds the organization here and does the work inside it.
CREATE TABLE due_work (
  organization_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('revocation', 'flowExpiry', 'flowRemoval')),
  record_id text NOT NULL,
  due_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, kind, record_id)
);
CREATE INDEX due_work_order ON due_work (kind, due_at);

DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['organization_key', 'organization_secret', 'connection', 'refresh_attempt', 'flow',
    'revocation', 'revocation_task', 'used_grant'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('CREATE POLICY organization ON %I
      USING (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))
      WITH CHECK (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))', fenced);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO vault_app', fenced);
  END LOOP;

  -- The two tables that are read across organizations. They hold ids, a hash and times, so reading them tells nothing else;
  -- writing stays inside the organization.
  FOREACH fenced IN ARRAY ARRAY['flow_locator', 'due_work'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('CREATE POLICY read_ids_of_all ON %I FOR SELECT USING (true)', fenced);
    EXECUTE format('CREATE POLICY insert_own ON %I FOR INSERT
      WITH CHECK (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))', fenced);
    EXECUTE format('CREATE POLICY update_own ON %I FOR UPDATE
      USING (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))
      WITH CHECK (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))', fenced);
    EXECUTE format('CREATE POLICY delete_own ON %I FOR DELETE
      USING (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))', fenced);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO vault_app', fenced);
  END LOOP;
END
$$;

GRANT USAGE ON SCHEMA public TO vault_app;
GRANT USAGE ON SEQUENCE fence TO vault_app;
-- Written once, when the database is first used; changed only by a root key rotation.
GRANT SELECT, INSERT ON key_canary TO vault_app;

-- The service checks at start that it knows every migration.
GRANT SELECT ON schema_migration TO vault_app;
