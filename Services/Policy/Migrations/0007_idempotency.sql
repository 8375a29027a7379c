-- Unsafe calls that carry an Idempotency-Key: who is doing one, and how one that was done was answered.
--
-- The gateway makes every value. key_hash stands for organization, caller and key; request_hash is keyed by the caller's
-- credential; sealed_answer opens with that credential alone. Nothing here can be read by whoever has the database.

CREATE TABLE idempotent_call (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
  request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
  -- Who holds the key: a claim that was lost can no longer say how the call ended.
  claim_id text NOT NULL,
  -- 'unkept': it was done, and its answer is too large to be kept.
  state text NOT NULL CHECK (state IN ('running', 'answered', 'unkept')),
  sealed_answer bytea CHECK (octet_length(sealed_answer) <= 131072),
  -- From then on the row means nothing, and the key is free.
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, key_hash),
  CHECK ((state = 'answered') = (sealed_answer IS NOT NULL))
);
CREATE INDEX idempotent_call_expiry ON idempotent_call (expires_at);

ALTER TABLE idempotent_call ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotent_call FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON idempotent_call
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
-- The sweeper reaches what means nothing any more, of every organization, and nothing else.
CREATE POLICY sweep_select ON idempotent_call FOR SELECT
  USING (current_setting('lanyard.worker', true) = 'idempotency-sweep' AND expires_at <= now());
CREATE POLICY sweep_delete ON idempotent_call FOR DELETE
  USING (current_setting('lanyard.worker', true) = 'idempotency-sweep' AND expires_at <= now());

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotent_call TO policy_app;
