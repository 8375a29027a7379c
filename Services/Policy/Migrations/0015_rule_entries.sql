-- How many entries the lists of a rule have: together they are bounded, and reading every rule to count them would be slow.

ALTER TABLE rule ADD COLUMN entries integer NOT NULL DEFAULT 0 CHECK (entries >= 0);
