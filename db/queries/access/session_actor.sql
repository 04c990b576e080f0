-- Whose session it is.
-- Grain: one row; none for a session that has ended.
SELECT
    a.user_name,
    a.role_name,
    a.store_id,
    a.store,
    a.is_to_be_renewed
FROM crpm.session_actor(%(session_hash)s::text) AS a
