-- Trips of browsers to an identity provider. Neither verifier nor nonce is stored: the gateway derives them of the
-- browser's own secret, so that nothing in here could complete a sign-in.

CREATE TABLE sign_in (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  state_hash text NOT NULL,
  browser_hash text NOT NULL,
  -- Whom it was begun with: another provider's answer is none to this.
  issuer text NOT NULL,
  client_id text NOT NULL,
  -- Whether the person must prove themselves anew.
  is_step_up boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  claimed_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (organization_id, state_hash)
);
CREATE INDEX sign_in_expiry ON sign_in (organization_id, expires_at);

ALTER TABLE sign_in ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON sign_in
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in TO policy_app;

-- When the person proved themselves; NULL when nobody said.
ALTER TABLE browser_session ADD COLUMN authenticated_at timestamptz;

-- No API key vouches for whom the identity provider signed in, nor for what they agree to then.
ALTER TABLE browser_session ALTER COLUMN api_key_id DROP NOT NULL;
ALTER TABLE client_authorization ALTER COLUMN api_key_id DROP NOT NULL;
ALTER TABLE client_token ALTER COLUMN api_key_id DROP NOT NULL;
