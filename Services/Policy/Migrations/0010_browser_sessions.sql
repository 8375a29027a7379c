-- The person in the browser: links that sign them in once, and the sessions behind our own pages' cookies. As for
-- sessions, only the SHA-256 of a token is stored, and whoever knows a hash sees its row before the organization is known.

CREATE TABLE sign_in_link (
  organization_id text NOT NULL,
  sign_in_link_id text NOT NULL,
  user_id text NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  api_key_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  spent_at timestamptz,
  PRIMARY KEY (organization_id, sign_in_link_id),
  FOREIGN KEY (organization_id, user_id) REFERENCES member (organization_id, user_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, api_key_id) REFERENCES api_key (organization_id, api_key_id) ON DELETE CASCADE
);
CREATE INDEX sign_in_link_of_user ON sign_in_link (organization_id, user_id);
CREATE INDEX sign_in_link_expiry ON sign_in_link (organization_id, expires_at);

ALTER TABLE sign_in_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_link FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON sign_in_link
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
CREATE POLICY presented_credential ON sign_in_link FOR SELECT
  USING (token_hash = decode(nullif(current_setting('lanyard.credential', true), ''), 'hex'));

-- An ended session has no row.
CREATE TABLE browser_session (
  organization_id text NOT NULL,
  browser_session_id text NOT NULL,
  user_id text NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  -- 'connect': handed over by the host's page, for the connect page alone.
  purpose text NOT NULL CHECK (purpose IN ('signIn', 'connect')),
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  api_key_id text NOT NULL,
  -- The session that handed over.
  session_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Moves on as long as somebody is there, never beyond the end.
  idle_expires_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, browser_session_id),
  FOREIGN KEY (organization_id, user_id) REFERENCES member (organization_id, user_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, api_key_id) REFERENCES api_key (organization_id, api_key_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, session_id) ON DELETE CASCADE,
  CHECK ((purpose = 'connect') = (session_id IS NOT NULL)),
  CHECK (idle_expires_at <= expires_at)
);
CREATE INDEX browser_session_of_user ON browser_session (organization_id, user_id);
CREATE INDEX browser_session_of_session ON browser_session (organization_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX browser_session_expiry ON browser_session (organization_id, expires_at);

ALTER TABLE browser_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE browser_session FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON browser_session
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
CREATE POLICY presented_credential ON browser_session FOR SELECT
  USING (token_hash = decode(nullif(current_setting('lanyard.credential', true), ''), 'hex'));

GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_link TO policy_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON browser_session TO policy_app;
