-- Everybody who may sign in, by name.
-- Grain: one row per user.
SELECT
    u.user_name,
    u.role_name,
    s.name AS store,
    u.is_active,
    u.has_password
FROM crpm.users AS u
LEFT JOIN crpm.stores AS s ON u.store_id = s.store_id
ORDER BY u.user_name
