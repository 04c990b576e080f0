-- Makes loads queue: waits until no other load runs, and holds the place until this transaction ends.
-- Grain: one row.
SELECT pg_advisory_xact_lock(%(lock)s);
