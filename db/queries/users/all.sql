-- Everybody who may sign in, by name.
-- Grain: one row per user; last_sign_in by the business's clock, null where it is a month or more ago.
WITH zone AS (
    SELECT coalesce(max(s.time_zone), 'UTC') AS time_zone
    FROM crpm.settings AS s
)

SELECT
    u.user_name,
    u.role_name,
    u.store_id,
    s.name AS store,
    u.is_active,
    u.has_password,
    i.signed_in_at AT TIME ZONE z.time_zone AS last_sign_in
FROM crpm.users AS u
CROSS JOIN zone AS z
LEFT JOIN crpm.stores AS s ON u.store_id = s.store_id
LEFT JOIN crpm.last_sign_ins() AS i ON u.user_name = i.user_name
ORDER BY u.user_name
