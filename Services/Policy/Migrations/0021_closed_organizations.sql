-- An organization that an operator has closed (lanyard organizations shred): every credential of it ends with this one time.
ALTER TABLE organization ADD COLUMN closed_at timestamptz;
