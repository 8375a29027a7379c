-- Owners begin rotations over the public API and ask for each by its id, also when a later one has begun.

-- Rows that are here already get ids like those of new ones: 'kro_' and 64 hexadecimal digits, of which 244 bits are random.
ALTER TABLE key_rotation ADD COLUMN id text NOT NULL
  DEFAULT 'kro_' || translate(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');

-- Rotations that have ended, kept when the organization's next one takes the row in key_rotation.
CREATE TABLE key_rotation_ended (
  organization_id text NOT NULL,
  id text NOT NULL,
  target_version bigint NOT NULL,
  pass integer NOT NULL,
  total bigint NOT NULL,
  rewritten bigint NOT NULL,
  unreadable bigint NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, id)
);
CREATE INDEX key_rotation_ended_newest ON key_rotation_ended (organization_id, started_at DESC, id DESC);

ALTER TABLE key_rotation_ended ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_rotation_ended FORCE ROW LEVEL SECURITY;
CREATE POLICY organization ON key_rotation_ended
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
CREATE POLICY operator_list ON key_rotation_ended FOR SELECT TO CURRENT_USER USING (true);

-- The service begins rotations now, too; row-level security keeps each inside its organization. What has ended is never changed.
GRANT INSERT ON key_rotation TO vault_app;
REVOKE ALL ON key_rotation_ended FROM vault_app;
GRANT SELECT, INSERT ON key_rotation_ended TO vault_app;
