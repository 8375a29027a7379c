-- Organizations whose keys were destroyed for good (lanyard organizations shred). The row outlives everything else of theirs: it keeps a vault that
-- finds no key from making a new one.

CREATE TABLE shredded_organization (
  organization_id text PRIMARY KEY,
  shredded_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE shredded_organization ENABLE ROW LEVEL SECURITY;
ALTER TABLE shredded_organization FORCE ROW LEVEL SECURITY;
CREATE POLICY organization ON shredded_organization
  USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
  WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
-- Written by the owner role alone.
REVOKE ALL ON shredded_organization FROM vault_app;
GRANT SELECT ON shredded_organization TO vault_app;

-- Whoever destroys the keys holds the same lock alone: a key that is being made meanwhile is there before, and destroyed, or refused after.
CREATE FUNCTION refuse_key_of_shredded() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('organization-key|' || NEW.organization_id, 0));
  IF EXISTS (SELECT FROM shredded_organization WHERE organization_id = NEW.organization_id) THEN
    RAISE EXCEPTION 'the organization was shredded' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION refuse_key_of_shredded() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refuse_key_of_shredded() TO vault_app;

CREATE TRIGGER refuse_key_of_shredded BEFORE INSERT ON organization_key
  FOR EACH ROW EXECUTE FUNCTION refuse_key_of_shredded();
