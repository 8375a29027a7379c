-- The change feed: what gateways must forget, since they hold tokens of it for up to a minute.
--
-- The single row of change_head hands out the sequence numbers. Its lock is held from the increment to the commit, so numbers
-- become visible in order, and a rolled-back transaction gives its number back: no gaps. Transactions take it as their last
-- step, after the audit chain's head, always in that order.

CREATE TABLE change_head (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  last bigint NOT NULL
);
INSERT INTO change_head (last) VALUES (0);

CREATE TABLE change (
  sequence bigint PRIMARY KEY,
  organization_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('connection', 'secret')),
  subject text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX change_age ON change (created_at);

ALTER TABLE change ENABLE ROW LEVEL SECURITY;
ALTER TABLE change FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON change FOR INSERT
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
-- The feed tells our own processes about every organization. It holds ids only.
CREATE POLICY feed ON change FOR SELECT USING (current_setting('lanyard.worker', true) = 'change-feed');
-- Only what no reader waits for any more can go.
CREATE POLICY retention ON change FOR DELETE
  USING (current_setting('lanyard.worker', true) = 'change-feed' AND created_at < now() - interval '30 minutes');

GRANT SELECT, UPDATE ON change_head TO vault_app;
GRANT SELECT, INSERT, DELETE ON change TO vault_app;
