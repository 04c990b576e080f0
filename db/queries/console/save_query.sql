-- Saves a query under a name of whoever asks, in the place of the one that has the name.
INSERT INTO crpm.saved_queries (name, statement)
VALUES (btrim(%(query_name)s), %(statement)s)
ON CONFLICT ON CONSTRAINT saved_queries_pkey
DO UPDATE SET statement = excluded.statement, saved_at = now()
