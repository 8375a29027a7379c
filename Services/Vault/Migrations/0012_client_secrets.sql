-- Two live client secrets of an Integration, what its provider makes of them, and an Integration whose client is refused altogether.

-- Last accepted by the provider, to the minute; and since when it refuses the secret, until it accepts it again.
ALTER TABLE organization_secret ADD COLUMN last_used_at timestamptz, ADD COLUMN refused_at timestamptz;

-- While a row is here, the provider knows none of the Integration's secrets: its refreshes wait, and Connections stay as they are.
-- One row for all of them, so that there is one alert and one trial at a time.
CREATE TABLE integration_incident (
  organization_id text NOT NULL,
  integration_id text NOT NULL,
  provider text NOT NULL,
  reason text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- One refresh is tried after this.
  next_try_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, integration_id)
);
ALTER TABLE integration_incident ENABLE ROW LEVEL SECURITY;
ALTER TABLE integration_incident FORCE ROW LEVEL SECURITY;
CREATE POLICY organization ON integration_incident
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
GRANT SELECT, INSERT, UPDATE, DELETE ON integration_incident TO vault_app;

-- What a failed flow's code alone does not tell.
ALTER TABLE flow ADD COLUMN failure_reason text;

ALTER TABLE due_work DROP CONSTRAINT due_work_kind_check;
ALTER TABLE due_work ADD CONSTRAINT due_work_kind_check
  CHECK (kind IN ('revocation', 'flowExpiry', 'flowRemoval', 'keyRotation', 'secretRetirement'));

-- Secrets that were replaced before this was looked after: the sweep begins with them. The owner of the tables is fenced too, so the fence is
-- down for this statement and the transaction's locks.
ALTER TABLE organization_secret NO FORCE ROW LEVEL SECURITY;
ALTER TABLE due_work NO FORCE ROW LEVEL SECURITY;
INSERT INTO due_work (organization_id, kind, record_id, due_at)
SELECT DISTINCT organization_id, 'secretRetirement', owner_id, now() FROM organization_secret
WHERE kind = 'clientSecret' AND version > 1;
ALTER TABLE organization_secret FORCE ROW LEVEL SECURITY;
ALTER TABLE due_work FORCE ROW LEVEL SECURITY;
