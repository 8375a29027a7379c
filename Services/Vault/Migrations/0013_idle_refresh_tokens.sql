-- Refresh tokens that their provider forgets when nobody uses them, of Connections from before the due queue (0011). Their exchanger did not
-- say yet how long a provider keeps them, and so they would have come into the queue with their next use only, which may be too late.

-- Organization by organization, inside its fence: to take the fence down would shut out every reader until the end.
DO $$
DECLARE
  organization text;
BEGIN
  FOR organization IN SELECT DISTINCT organization_id FROM organization_key LOOP
    PERFORM set_config('lanyard.organization', organization, true);

    -- What the catalogue knows at the time of this migration. Later tokens bring it along with them.
    UPDATE connection AS c SET metadata = c.metadata || jsonb_build_object('refreshTokenIdleDays', known.days)
    FROM (VALUES ('airtable', '60'), ('atlassian', '90'), ('box', '60'), ('google', '180'), ('microsoft', '90'),
      ('pipedrive', '60'), ('quickbooks', '100'), ('xero', '60')) AS known (provider, days)
    WHERE c.organization_id = organization AND c.provider = known.provider AND c.has_refresh_token AND c.status <> 'revoked'
      AND NOT c.metadata ? 'refreshTokenIdleDays';

    -- Those that are in the queue for their access token find the idle time when they come up. The others: at 60 to 75 % of it. What is over
    -- that already is spread over a day, or over half of what is left until the provider forgets it, so that an upgrade is no storm.
    INSERT INTO due_refresh (organization_id, connection_id, generation, reason, due_at)
    SELECT c.organization_id, c.id, c.generation, 'idle', greatest(
      c.received_at + idle * (0.6 + 0.15 * random()),
      now() + random() * CASE WHEN c.received_at + idle > now()
        THEN least(interval '1 day', (c.received_at + idle - now()) / 2) ELSE interval '1 day' END)
    FROM connection c, LATERAL (SELECT (c.metadata ->> 'refreshTokenIdleDays')::integer * interval '1 day' AS idle) AS lifetime
    WHERE c.organization_id = organization AND c.status IN ('active', 'degraded', 'configError') AND c.has_refresh_token
      AND c.metadata ? 'refreshTokenIdleDays'
    ON CONFLICT (organization_id, connection_id) DO NOTHING;
  END LOOP;
  PERFORM set_config('lanyard.organization', '', true);
END
$$;
