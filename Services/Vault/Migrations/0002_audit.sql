-- The audit chains: one per organization, and one named 'system' for what concerns no single organization.
--
-- The application role may add entries and read them, never change or remove one. Only the head of a chain is updated.
-- Row-level security fences both tables by lanyard.organization, like every other table. The writer commits the entries
-- of several organizations together, so it names their chains in a second setting, for one transaction.

CREATE TABLE audit_head (
  organization_id text PRIMARY KEY,
  seq bigint NOT NULL CHECK (seq >= 0),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 50);

CREATE TABLE audit_entry (
  organization_id text NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  id text NOT NULL,
  occurred_at timestamptz NOT NULL,
  action text NOT NULL,
  actor_kind text NOT NULL,
  actor_id text,
  user_id text,
  application_id text,
  app_id text,
  charm_id text,
  caller text,
  target_kind text,
  target_id text,
  outcome text NOT NULL,
  grant_id text,
  request_id text,
  details jsonb NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (organization_id, seq)
);

-- "What happened to this Connection", newest first.
CREATE INDEX audit_entry_of_target ON audit_entry (organization_id, target_id, seq) WHERE target_id IS NOT NULL;

DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['audit_head', 'audit_entry'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('CREATE POLICY organization ON %I
      USING (organization_id = nullif(current_setting(''lanyard.organization'', true), '''')
        OR organization_id = ANY (string_to_array(nullif(current_setting(''lanyard.audit_chains'', true), ''''), '','')))',
      fenced);
  END LOOP;
END
$$;

-- Default privileges may have given more.
REVOKE ALL ON audit_entry, audit_head FROM vault_app;
GRANT SELECT, INSERT ON audit_entry TO vault_app;
GRANT SELECT, INSERT, UPDATE (seq, hash) ON audit_head TO vault_app;
