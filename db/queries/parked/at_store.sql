-- What is parked at a store, the oldest first; times are the store's.
-- Grain: one row per parked purchase. One that was recorded while it was being parked is not among them.
SELECT
    p.request_id,
    p.note,
    c.name AS customer,
    jsonb_array_length(p.basket -> 'lines') AS lines,
    p.parked_by,
    p.parked_at AT TIME ZONE s.time_zone AS parked_at,
    p.taken_by,
    coalesce(p.till_id = %(till_id)s::uuid, FALSE) AS is_taken_here
FROM crpm.parked_purchases AS p
INNER JOIN crpm.stores AS s ON p.store_id = s.store_id
LEFT JOIN crpm.customers AS c ON p.customer_id = c.customer_id
WHERE
    p.store_id = %(store_id)s::bigint
    AND NOT EXISTS (SELECT 1 FROM crpm.orders AS o WHERE o.store_id = p.store_id AND o.request_id = p.request_id)
ORDER BY p.parked_at, p.request_id
LIMIT 100
