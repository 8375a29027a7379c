-- Webhooks, and the messages that are on their way to them.
--
-- An event is written in the transaction of the change that it speaks of, once with a row for each webhook that wants it. Workers
-- lease deliveries with SKIP LOCKED, so replicas share them and none is sent by two at once.

CREATE TABLE webhook (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  webhook_id text NOT NULL,
  url text NOT NULL,
  events text[] NOT NULL,
  description text,
  enabled boolean NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, webhook_id)
);

CREATE TABLE notification (
  organization_id text NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  notification_id text NOT NULL,
  type text NOT NULL,
  occurred_at timestamptz NOT NULL,
  -- Ids and stable words; never a secret.
  data jsonb NOT NULL,
  PRIMARY KEY (organization_id, notification_id)
);
CREATE INDEX notification_age ON notification (occurred_at);

CREATE TABLE webhook_delivery (
  organization_id text NOT NULL,
  webhook_id text NOT NULL,
  notification_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  -- The present series of attempts is given up when it gets too old; a replay begins a new one after so many attempts.
  series_began_at timestamptz NOT NULL DEFAULT now(),
  series_attempts integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  delivered_at timestamptz,
  last_status integer,
  last_problem text,
  PRIMARY KEY (organization_id, webhook_id, notification_id),
  FOREIGN KEY (organization_id, webhook_id) REFERENCES webhook (organization_id, webhook_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, notification_id)
    REFERENCES notification (organization_id, notification_id) ON DELETE CASCADE
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (due_at) WHERE state = 'pending';
CREATE INDEX webhook_delivery_newest ON webhook_delivery
  (organization_id, webhook_id, created_at DESC, notification_id DESC);

DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['webhook', 'notification', 'webhook_delivery'] LOOP
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

-- Deliveries of every organization come due for one worker. The rows hold ids, times and words.
CREATE POLICY worker ON webhook_delivery
  USING (current_setting('lanyard.worker', true) = 'notifications')
  WITH CHECK (current_setting('lanyard.worker', true) = 'notifications');
-- What nobody looks for any more can go.
CREATE POLICY retention ON notification FOR SELECT
  USING (current_setting('lanyard.worker', true) = 'notifications' AND occurred_at < now() - interval '7 days');
CREATE POLICY removal ON notification FOR DELETE
  USING (current_setting('lanyard.worker', true) = 'notifications' AND occurred_at < now() - interval '7 days');

-- The end of a client secret that its owners were told about; another end is another message.
ALTER TABLE integration ADD COLUMN secret_notice_for timestamptz;
CREATE INDEX integration_secret_expiry ON integration (secret_expires_at)
  WHERE secret_expires_at IS NOT NULL AND deleted_at IS NULL;
-- The worker reads ids and ends, of secrets that have one.
CREATE POLICY secret_expiry ON integration FOR SELECT
  USING (current_setting('lanyard.worker', true) = 'secret-expiry' AND secret_expires_at IS NOT NULL);

-- The vault is also told to destroy a webhook's secret.
ALTER TABLE vault_task DROP CONSTRAINT vault_task_kind_check;
ALTER TABLE vault_task ADD CONSTRAINT vault_task_kind_check CHECK (kind IN (
  'destroySecret', 'revokeUser', 'revokeIntegration', 'destroyStaticToken', 'revokeServer', 'destroyWebhookSecret'));
