-- MCP clients that people let act for them. Only the SHA-256 of a code or token is stored, and whoever knows a hash sees
-- its row before the organization is known, as for sessions.

-- A client that registered itself belongs to no organization. Its row is seen by whoever names it; no list can be had.
CREATE TABLE registered_client (
  client_id text PRIMARY KEY,
  name text NOT NULL,
  redirect_uris text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Moves on each time that the client gets tokens.
  expires_at timestamptz NOT NULL
);
CREATE INDEX registered_client_expiry ON registered_client (expires_at);

ALTER TABLE registered_client ENABLE ROW LEVEL SECURITY;
ALTER TABLE registered_client FORCE ROW LEVEL SECURITY;
CREATE POLICY named_client ON registered_client
  USING (client_id = nullif(current_setting('lanyard.client', true), ''))
  WITH CHECK (client_id = nullif(current_setting('lanyard.client', true), ''));
CREATE POLICY sweep_select ON registered_client FOR SELECT
  USING (current_setting('lanyard.worker', true) = 'client-sweep');
CREATE POLICY sweep_delete ON registered_client FOR DELETE
  USING (current_setting('lanyard.worker', true) = 'client-sweep' AND expires_at <= now());

-- What a person agreed to. A revoked one has no row.
CREATE TABLE client_authorization (
  organization_id text NOT NULL,
  client_authorization_id text NOT NULL,
  user_id text NOT NULL,
  api_key_id text NOT NULL,
  client_id text NOT NULL,
  client_kind text NOT NULL CHECK (client_kind IN ('document', 'registered')),
  client_name text NOT NULL,
  -- Without the port where that does not count.
  redirect_uri text NOT NULL,
  -- NULL: every server that the person may use.
  mcp_server_id text,
  -- Whether the person need not be asked again.
  is_remembered boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  -- When its last token ends.
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, client_authorization_id),
  FOREIGN KEY (organization_id, user_id) REFERENCES member (organization_id, user_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, api_key_id) REFERENCES api_key (organization_id, api_key_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, mcp_server_id) REFERENCES mcp_server (organization_id, mcp_server_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX client_authorization_once ON client_authorization
  (organization_id, user_id, client_id, redirect_uri, coalesce(mcp_server_id, ''));
CREATE INDEX client_authorization_newest ON client_authorization
  (organization_id, user_id, created_at DESC, client_authorization_id DESC);

CREATE TABLE client_code (
  organization_id text NOT NULL,
  code_hash bytea NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
  client_authorization_id text NOT NULL,
  user_id text NOT NULL,
  -- As the client wrote it.
  redirect_uri text NOT NULL,
  code_challenge text NOT NULL,
  -- Names the tokens that are made of it, and of those.
  family text NOT NULL,
  expires_at timestamptz NOT NULL,
  -- A used code stays for a while: whoever shows it again ends its family.
  used_at timestamptz,
  PRIMARY KEY (organization_id, code_hash),
  FOREIGN KEY (organization_id, client_authorization_id)
    REFERENCES client_authorization (organization_id, client_authorization_id) ON DELETE CASCADE
);
CREATE INDEX client_code_authorization ON client_code (organization_id, client_authorization_id);
CREATE INDEX client_code_expiry ON client_code (organization_id, expires_at);

-- Access and refresh tokens of an authorization, and those that an agent runtime got with a session.
CREATE TABLE client_token (
  organization_id text NOT NULL,
  client_token_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('access', 'refresh', 'runtime')),
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  user_id text NOT NULL,
  api_key_id text NOT NULL,
  client_authorization_id text,
  family text,
  session_id text,
  charm_id text,
  mcp_server_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  -- For refresh tokens. A used one stays until its time is over: whoever shows it again ends its family.
  used_at timestamptz,
  PRIMARY KEY (organization_id, client_token_id),
  FOREIGN KEY (organization_id, user_id) REFERENCES member (organization_id, user_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, api_key_id) REFERENCES api_key (organization_id, api_key_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, client_authorization_id)
    REFERENCES client_authorization (organization_id, client_authorization_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, session_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, mcp_server_id) REFERENCES mcp_server (organization_id, mcp_server_id) ON DELETE CASCADE,
  CHECK ((kind = 'runtime') = (session_id IS NOT NULL)),
  CHECK ((kind = 'runtime') = (client_authorization_id IS NULL)),
  CHECK ((kind = 'runtime') = (family IS NULL))
);
CREATE INDEX client_token_family ON client_token (organization_id, family) WHERE family IS NOT NULL;
CREATE INDEX client_token_authorization ON client_token (organization_id, client_authorization_id);
CREATE INDEX client_token_session ON client_token (organization_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX client_token_expiry ON client_token (organization_id, expires_at);

DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['client_authorization', 'client_code', 'client_token'] LOOP
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
CREATE POLICY presented_credential ON client_code FOR SELECT
  USING (code_hash = decode(nullif(current_setting('lanyard.credential', true), ''), 'hex'));
CREATE POLICY presented_credential ON client_token FOR SELECT
  USING (token_hash = decode(nullif(current_setting('lanyard.credential', true), ''), 'hex'));

GRANT SELECT, INSERT, UPDATE, DELETE ON registered_client TO policy_app;
