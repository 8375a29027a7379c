-- The identity provider of an organization, and whom it has signed in. The client's secret lies in the vault, as an
-- Integration's does, under an id of that kind.

CREATE TABLE identity_provider (
  organization_id text PRIMARY KEY REFERENCES organization (organization_id) ON DELETE CASCADE,
  issuer text NOT NULL,
  client_id text NOT NULL,
  secret_id text NOT NULL,
  scopes text[] NOT NULL,
  role_claim text,
  -- Roles by value of the claim.
  role_mapping jsonb,
  groups_claim text,
  link_claim text,
  -- In lower case. NULL: every address may sign in.
  allowed_domains text[],
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX identity_provider_domains ON identity_provider USING gin (allowed_domains);

-- A person at an identity provider is the issuer together with their subject, never an address. The row of a removed
-- person stays, so that they do not come back by themselves.
CREATE TABLE member_identity (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  issuer text NOT NULL,
  subject text NOT NULL,
  user_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  removed_at timestamptz,
  PRIMARY KEY (organization_id, issuer, subject)
);
CREATE UNIQUE INDEX member_identity_user ON member_identity (organization_id, user_id, issuer);
CREATE INDEX member_identity_removed ON member_identity (organization_id, removed_at DESC, user_id DESC)
  WHERE removed_at IS NOT NULL;
CREATE INDEX member_newest ON member (organization_id, created_at DESC, user_id DESC) WHERE removed_at IS NULL;

DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['identity_provider', 'member_identity'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('CREATE POLICY own_organization ON %I
      USING (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))
      WITH CHECK (organization_id = nullif(current_setting(''lanyard.organization'', true), ''''))',
      fenced);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO policy_app', fenced);
  END LOOP;
END
$$;

-- Somebody who wants to sign in names the domain of their address before their organization is known.
CREATE POLICY named_domain ON identity_provider FOR SELECT
  USING (allowed_domains @> ARRAY[nullif(current_setting('lanyard.email_domain', true), '')]);
