-- The vault's outbox: what the policy service, which knows who wants to be told, has still to take over.
--
-- A Connection's status has many writers, in refreshes, consents, revocations and rotations. The trigger sees every one of them, in the
-- transaction of the change.

CREATE TABLE event (
  organization_id text NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  -- Ids and stable words; never a secret.
  data jsonb NOT NULL,
  -- Given out again after this, unless it was acknowledged.
  due_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, event_id)
);
CREATE INDEX event_due ON event (due_at);

ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
CREATE POLICY organization ON event
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
-- They leave for the policy service whichever organization they are about. They hold ids, times and words.
CREATE POLICY hand_over ON event
  USING (current_setting('lanyard.worker', true) = 'events')
  WITH CHECK (current_setting('lanyard.worker', true) = 'events');
GRANT SELECT, INSERT, UPDATE, DELETE ON event TO vault_app;

CREATE FUNCTION note_connection_event() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
DECLARE
  broken constant text[] := ARRAY['needsReauthorization', 'configError'];
  type text;
BEGIN
  IF NEW.status = 'revoked' THEN
    type := 'connection.revoked';
  ELSIF NEW.status = ANY (broken) AND NOT OLD.status = ANY (broken) THEN
    type := 'connection.broken';
  ELSIF NEW.status IN ('active', 'degraded') AND OLD.status = ANY (broken) THEN
    type := 'connection.recovered';
  ELSE
    RETURN NULL;
  END IF;
  INSERT INTO event (organization_id, event_id, type, data) VALUES (
    NEW.organization_id,
    'msg_' || translate(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''),
    type,
    jsonb_strip_nulls(jsonb_build_object(
      'connectionId', NEW.id, 'userId', NEW.user_id, 'integrationId', NEW.integration_id, 'provider', NEW.provider,
      'applicationType', NEW.application_type, 'applicationId', NEW.application_id, 'status', NEW.status,
      'reason', NEW.reason)));
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION note_connection_event() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_connection_event() TO vault_app;

CREATE TRIGGER note_connection_event AFTER UPDATE OF status ON connection
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION note_connection_event();

-- The secrets that webhooks' messages are signed with.
ALTER TABLE organization_secret DROP CONSTRAINT organization_secret_kind_check;
ALTER TABLE organization_secret ADD CONSTRAINT organization_secret_kind_check
  CHECK (kind IN ('clientSecret', 'staticToken', 'webhookSecret'));
