-- Rotation of an organization's key: every sealed value of the organization is written again under its newest key, while everything runs.
--
-- An operator begins it at the command line; the vaults carry it out, one batch per transaction. The row says how far it has come, so any
-- vault goes on where another stopped.

CREATE TABLE key_rotation (
  organization_id text PRIMARY KEY,
  -- The version that the values are sealed under in the end.
  target_version bigint NOT NULL CHECK (target_version > 1),
  state text NOT NULL CHECK (state IN ('running', 'finished')),
  -- Where the walk is: through which kind of value, behind which key of it.
  kind text NOT NULL,
  after_key text NOT NULL DEFAULT '',
  -- Walks so far. Rows that somebody held and writers that had not heard of the new key are met on the next one.
  pass integer NOT NULL DEFAULT 1,
  -- Values under an older key when it began, and those that have been written again since.
  total bigint NOT NULL CHECK (total >= 0),
  rewritten bigint NOT NULL DEFAULT 0,
  -- Values that open under no key, seen on this walk.
  unreadable bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CHECK ((state = 'finished') = (finished_at IS NOT NULL))
);

ALTER TABLE key_rotation ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_rotation FORCE ROW LEVEL SECURITY;
CREATE POLICY organization ON key_rotation
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
-- Begun by the owner role alone, carried out by the service.
GRANT SELECT, UPDATE ON key_rotation TO vault_app;

ALTER TABLE due_work DROP CONSTRAINT due_work_kind_check;
ALTER TABLE due_work ADD CONSTRAINT due_work_kind_check
  CHECK (kind IN ('revocation', 'flowExpiry', 'flowRemoval', 'keyRotation'));

-- An operator at the command line sees how every rotation stands, and puts the organizations' keys under another root key. Both as the owner
-- role, which no service connects with.
CREATE POLICY operator_list ON key_rotation FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY operator_list ON organization_key FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY operator_rewrap ON organization_key FOR UPDATE TO CURRENT_USER USING (true) WITH CHECK (true);
