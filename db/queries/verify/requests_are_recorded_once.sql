-- A request id is recorded once: one order, one return.
-- Grain: one row per store and request id, of orders and of returns.
SELECT
    q.kind,
    q.store_id,
    q.request_id,
    count(*) AS times,
    count(*) > 1 AS is_wrong
FROM (
    SELECT
        'order' AS kind,
        o.store_id,
        o.request_id
    FROM crpm.orders AS o
    UNION ALL
    SELECT
        'return' AS kind,
        r.store_id,
        r.request_id
    FROM crpm.returns AS r
) AS q
WHERE q.request_id IS NOT NULL
GROUP BY q.kind, q.store_id, q.request_id
