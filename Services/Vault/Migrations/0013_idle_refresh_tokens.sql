-- Refresh tokens that their provider forgets when nobody uses them, of Connections from before the due queue (0011). Their exchanger did not
-- say yet how long a provider keeps them, and so they would have come into the queue with their next use only, which may be too late.

-- The owner of the tables is fenced too, so the fence is down for these statements and the transaction's locks.
ALTER TABLE connection NO FORCE ROW LEVEL SECURITY;
ALTER TABLE due_refresh NO FORCE ROW LEVEL SECURITY;

-- What the catalogue knows at the time of this migration. Later tokens bring it along with them.
UPDATE connection AS c SET metadata = c.metadata || jsonb_build_object('refreshTokenIdleDays', known.days)
FROM (VALUES ('airtable', '60'), ('atlassian', '90'), ('box', '60'), ('google', '180'), ('microsoft', '90'),
  ('pipedrive', '60'), ('quickbooks', '100'), ('xero', '60')) AS known (provider, days)
WHERE c.provider = known.provider AND c.has_refresh_token AND c.status <> 'revoked'
  AND NOT c.metadata ? 'refreshTokenIdleDays';

-- Those that are in the queue for their access token find the idle time when they come up. The others: at 60 to 75 % of it. What is over that
-- already is spread over a day, or over half of what is left until the provider forgets it, so that an upgrade is no storm.
INSERT INTO due_refresh (organization_id, connection_id, generation, reason, due_at)
SELECT organization_id, id, generation, 'idle', greatest(
  received_at + idle * (0.6 + 0.15 * random()),
  now() + random() * CASE WHEN received_at + idle > now()
    THEN least(interval '1 day', (received_at + idle - now()) / 2) ELSE interval '1 day' END)
FROM connection, LATERAL (SELECT (metadata ->> 'refreshTokenIdleDays')::integer * interval '1 day' AS idle) AS lifetime
WHERE status IN ('active', 'degraded', 'configError') AND has_refresh_token AND metadata ? 'refreshTokenIdleDays'
ON CONFLICT (organization_id, connection_id) DO NOTHING;

ALTER TABLE due_refresh FORCE ROW LEVEL SECURITY;
ALTER TABLE connection FORCE ROW LEVEL SECURITY;
