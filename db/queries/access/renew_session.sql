-- Lets a session in use last longer.
-- Grain: one row.
SELECT crpm.renew_session(%(session_hash)s::text) AS renewed
