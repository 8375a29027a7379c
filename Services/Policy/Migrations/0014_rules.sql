-- Access rules, what silence means, and who is handed tokens.

ALTER TABLE organization
  ADD COLUMN default_effect text NOT NULL DEFAULT 'allow' CHECK (default_effect IN ('allow', 'deny')),
  -- Grows with every change of the rules or of what silence means: compiled rules are kept under it.
  ADD COLUMN rules_version bigint NOT NULL DEFAULT 0;

CREATE TABLE rule (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  rule_id text NOT NULL,
  -- The rule as an owner wrote it. As text: it is read by the strict reader that took it, and by nothing else.
  document text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, rule_id)
);
CREATE INDEX rule_newest ON rule (organization_id, created_at DESC, rule_id DESC);

-- How often a caller has done what a rule's rate speaks of, within one of its windows.
CREATE TABLE rule_use (
  organization_id text NOT NULL,
  rule_id text NOT NULL,
  caller text NOT NULL,
  ends_at timestamptz NOT NULL,
  calls integer NOT NULL CHECK (calls >= 0),
  PRIMARY KEY (organization_id, rule_id, caller, ends_at),
  FOREIGN KEY (organization_id, rule_id) REFERENCES rule (organization_id, rule_id) ON DELETE CASCADE
);
CREATE INDEX rule_use_ended ON rule_use (organization_id, ends_at);

DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['rule', 'rule_use'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('CREATE POLICY own_organization ON %I
      USING (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))
      WITH CHECK (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))',
      fenced);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON rule TO policy_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON rule_use TO policy_app;

ALTER TABLE application
  ADD COLUMN token_release text NOT NULL DEFAULT 'release' CHECK (token_release IN ('release', 'gatewayOnly'));
