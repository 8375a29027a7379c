-- What checkpoints and retention need beside the audit chains.

-- Where a chain begins after an operator has cut older entries away. The place is also signed outside the database.
CREATE TABLE audit_start (
  organization_id text PRIMARY KEY,
  seq bigint NOT NULL CHECK (seq > 0),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  cut_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE audit_start ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_start FORCE ROW LEVEL SECURITY;
CREATE POLICY organization ON audit_start
  USING (organization_id = nullif(current_setting('lanyard.organization', true), '')
    OR organization_id = ANY (
      string_to_array(nullif(current_setting('lanyard.audit_chains', true), ''), ',')));

-- An operator at the command line verifies every chain as the owner role. The services never connect with it.
CREATE POLICY operator_list ON audit_entry FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY operator_list ON audit_head FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY operator_list ON audit_start FOR SELECT TO CURRENT_USER USING (true);

-- The service signs where every chain ends. The heads hold ids, numbers and hashes only.
CREATE POLICY checkpoints ON audit_head FOR SELECT USING (current_setting('lanyard.worker', true) = 'audit-checkpoints');

-- Removing entries stays with the owner role: the application role sees where a chain begins, and no more.
REVOKE ALL ON audit_start FROM vault_app;
GRANT SELECT ON audit_start TO vault_app;
