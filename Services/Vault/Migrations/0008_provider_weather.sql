-- What each provider bears at the moment, by its address: shared by all vaults, so that they stay within one limit together.
--
-- A row is about a provider, not about an organization, and holds numbers and times only. An organization's own provider has a row of its own.

CREATE TABLE provider_weather (
  place text PRIMARY KEY,
  state text NOT NULL DEFAULT 'clear' CHECK (state IN ('clear', 'storm', 'clearing')),
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Calls that may be made; below zero, places are kept for those who wait.
  budget double precision NOT NULL,
  budget_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Calls since window_at.
  answered integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  window_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  next_probe_at timestamptz,
  not_before timestamptz
);
GRANT SELECT, INSERT, UPDATE ON provider_weather TO vault_app;
