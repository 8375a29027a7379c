-- Applications that the organization has seen, by the platform's identity for them.

CREATE TABLE application (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  application_id text NOT NULL,
  -- Every appId that it has declared, up to a limit.
  app_ids text[] NOT NULL,
  name text,
  state text NOT NULL CHECK (state IN ('allowed', 'blocked', 'pending')),
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, application_id)
);

ALTER TABLE application ENABLE ROW LEVEL SECURITY;
ALTER TABLE application FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON application
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));

GRANT SELECT, INSERT, UPDATE ON application TO policy_app;
