-- Stores to choose from, shops before the online shop.
-- Grain: one row per store.
SELECT
    s.store_id,
    s.name,
    s.currency_code,
    s.is_online,
    s.is_active
FROM crpm.stores AS s
WHERE s.is_active OR NOT %(is_active_only)s::boolean
ORDER BY s.is_online, crpm.fold(s.name), s.store_id
LIMIT 10000
