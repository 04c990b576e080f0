-- Whether there is anybody who could sign in.
-- Grain: one row.
SELECT crpm.has_users() AS has_users
