-- Signs a session out.
-- Grain: one row.
SELECT crpm.close_session(%(session_hash)s::text) AS closed
