-- MCP servers that were found by their URL alone, and the Integrations that were made for them.

ALTER TABLE integration
  -- How Lanyard became the provider's client.
  ADD COLUMN registration text NOT NULL DEFAULT 'manual'
    CHECK (registration IN ('manual', 'clientIdMetadata', 'dynamic')),
  -- The MCP server that it was made for, which it goes with. No foreign key: the row outlives the server's until the tokens are
  -- revoked at the provider.
  ADD COLUMN mcp_server_id text,
  ADD CHECK ((registration = 'manual') = (mcp_server_id IS NULL));
CREATE INDEX integration_mcp_server ON integration (organization_id, mcp_server_id) WHERE mcp_server_id IS NOT NULL;

ALTER TABLE mcp_server
  -- The authorization server that was found. Credentials go to this one alone.
  ADD COLUMN issuer text,
  -- What tokens are asked for (RFC 8707).
  ADD COLUMN resource text,
  ADD COLUMN discovered_at timestamptz,
  -- Why nothing is sent to the server until an owner has looked, and what it says now.
  ADD COLUMN config_error text CHECK (config_error IN ('issuerChanged')),
  ADD COLUMN config_error_issuer text,
  ADD COLUMN config_error_at timestamptz,
  ADD CHECK (auth_type = 'oauth' OR issuer IS NULL),
  ADD CHECK (num_nonnulls(issuer, resource, discovered_at) IN (0, 3)),
  ADD CHECK (num_nonnulls(config_error, config_error_issuer, config_error_at) IN (0, 3)),
  ADD CHECK (issuer IS NOT NULL OR config_error IS NULL);
