-- A Connection's row is written again and again where it stands: when it was used last, leases, new tokens. With room left on its page the
-- new version stays beside the old one, and none of the six indexes is touched (a heap-only update).
ALTER TABLE connection SET (fillfactor = 75);
