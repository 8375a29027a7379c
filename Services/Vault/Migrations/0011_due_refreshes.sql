-- The due queue: which Connections are to be refreshed without anyone asking, and when. And the organizations that a provider's silence
-- concerns.

-- One row for each Connection that has something to refresh with and a time for it.
CREATE TABLE due_refresh (
  organization_id text NOT NULL,
  connection_id text NOT NULL,
  -- The tokens that the time was reckoned for.
  generation bigint NOT NULL,
  -- 'expiry': the access token ends soon, 'idle': the provider forgets a refresh token that is not used.
  reason text NOT NULL CHECK (reason IN ('expiry', 'idle')),
  due_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, connection_id)
);
CREATE INDEX due_refresh_order ON due_refresh (due_at);

-- How many may still be given out, by all vaults together. One row.
CREATE TABLE refresh_pace (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  budget double precision NOT NULL,
  budget_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO refresh_pace (budget) VALUES (0);

-- Which organizations have, or had, Connections at a provider.
CREATE TABLE provider_tenant (
  place text NOT NULL,
  organization_id text NOT NULL,
  PRIMARY KEY (place, organization_id)
);

-- What is there already. The owner of the tables is fenced too, so the fence is down for these statements and the transaction's locks.
ALTER TABLE connection NO FORCE ROW LEVEL SECURITY;
INSERT INTO due_refresh (organization_id, connection_id, generation, reason, due_at)
SELECT organization_id, id, generation, 'expiry',
  expires_at - extract(epoch FROM expires_at - received_at) * (0.1 + 0.15 * random()) * interval '1 second'
FROM connection
WHERE status IN ('active', 'degraded', 'configError') AND has_refresh_token AND expires_at > now()
  AND expires_at - received_at >= interval '2 minutes';
INSERT INTO provider_tenant (place, organization_id)
SELECT DISTINCT CASE WHEN provider = 'custom' THEN organization_id || ' ' || provider_url ELSE provider_url END,
  organization_id
FROM connection WHERE status <> 'revoked';
ALTER TABLE connection FORCE ROW LEVEL SECURITY;

ALTER TABLE due_refresh ENABLE ROW LEVEL SECURITY;
ALTER TABLE due_refresh FORCE ROW LEVEL SECURITY;
CREATE POLICY organization ON due_refresh
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
-- Claimed whosever they are. The rows hold ids, a number and times.
CREATE POLICY claim ON due_refresh
  USING (current_setting('lanyard.worker', true) = 'due-refreshes')
  WITH CHECK (current_setting('lanyard.worker', true) = 'due-refreshes');
GRANT SELECT, INSERT, UPDATE, DELETE ON due_refresh TO vault_app;
GRANT SELECT, UPDATE ON refresh_pace TO vault_app;

ALTER TABLE provider_tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY organization ON provider_tenant
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
CREATE POLICY incident ON provider_tenant FOR SELECT
  USING (current_setting('lanyard.worker', true) = 'provider-incidents');
GRANT SELECT, INSERT ON provider_tenant TO vault_app;

-- Every writer of Connections is seen, many rows of one statement at once. The place is that of the weather.
CREATE FUNCTION note_provider_tenant() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
  INSERT INTO provider_tenant (place, organization_id)
  SELECT DISTINCT CASE WHEN provider = 'custom' THEN organization_id || ' ' || provider_url ELSE provider_url END,
    organization_id
  FROM written ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION note_provider_tenant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_provider_tenant() TO vault_app;
CREATE TRIGGER note_provider_tenant AFTER INSERT ON connection
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_provider_tenant();

-- An account that is authorized again may be at another address by then.
CREATE FUNCTION note_moved_tenant() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
  INSERT INTO provider_tenant (place, organization_id) VALUES (
    CASE WHEN NEW.provider = 'custom' THEN NEW.organization_id || ' ' || NEW.provider_url ELSE NEW.provider_url END,
    NEW.organization_id)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION note_moved_tenant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_moved_tenant() TO vault_app;
CREATE TRIGGER note_moved_tenant AFTER UPDATE OF provider, provider_url ON connection FOR EACH ROW
  WHEN (OLD.provider IS DISTINCT FROM NEW.provider OR OLD.provider_url IS DISTINCT FROM NEW.provider_url)
  EXECUTE FUNCTION note_moved_tenant();

ALTER TABLE provider_weather
  -- Calls that refreshes without a caller may make while callers ask.
  ADD COLUMN sweep_budget double precision NOT NULL DEFAULT 0,
  ADD COLUMN caller_at timestamptz,
  -- Since when organizations know that the provider does not answer; NULL while it does.
  ADD COLUMN incident_since timestamptz;
