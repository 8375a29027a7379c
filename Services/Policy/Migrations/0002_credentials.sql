-- API keys and sessions. Only the SHA-256 of a token is stored: the tokens are 256 random bits, so a fast hash is enough.
--
-- A credential is looked up before its organization is known. The policy presented_credential allows exactly that: a row is
-- visible to whoever already knows its hash, through the setting lanyard.credential, and no list can be had that way.

CREATE TABLE api_key (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  api_key_id text NOT NULL,
  name text NOT NULL,
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (organization_id, api_key_id)
);

ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON api_key
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
CREATE POLICY presented_credential ON api_key FOR SELECT
  USING (token_hash = decode(nullif(current_setting('lanyard.credential', true), ''), 'hex'));

CREATE TABLE session (
  organization_id text NOT NULL,
  session_id text NOT NULL,
  user_id text NOT NULL,
  -- What the host platform vouched for with this session. The member's role may be lower by now, and the lower one counts.
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  charm_id text,
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  api_key_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (organization_id, session_id),
  FOREIGN KEY (organization_id, user_id) REFERENCES member (organization_id, user_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, api_key_id) REFERENCES api_key (organization_id, api_key_id) ON DELETE CASCADE
);
CREATE INDEX session_of_user ON session (organization_id, user_id);
CREATE INDEX session_expiry ON session (organization_id, expires_at);

ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE session FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON session
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
CREATE POLICY presented_credential ON session FOR SELECT
  USING (token_hash = decode(nullif(current_setting('lanyard.credential', true), ''), 'hex'));

GRANT SELECT, INSERT, UPDATE ON api_key TO policy_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO policy_app;
