-- Books an assumed opening count of today for what the files sold, by store, and for each of their products in the online
-- shop, where there is no stock record yet; the ledger's trigger keeps the levels.
-- Product before store, the one order in which everything that moves stock takes its locks.
INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on, document)
WITH pairs AS (
    SELECT
        c.store_id,
        c.product_id
    FROM staging.clean_sales AS c
    WHERE c.outcome IS DISTINCT FROM 'rejected'
    UNION
    SELECT
        s.store_id,
        p.product_id
    FROM staging.clean_products AS c
    INNER JOIN crpm.products AS p ON p.source_system = %(source_system)s AND c.source_key = p.source_key
    INNER JOIN crpm.stores AS s ON s.source_system = %(source_system)s AND s.is_online
    WHERE c.outcome IS DISTINCT FROM 'rejected'
)

SELECT
    p.store_id,
    p.product_id,
    'opening' AS movement_type,
    %(opening_stock)s::integer AS quantity,
    (now() AT TIME ZONE s.time_zone)::date AS occurred_on,
    'load ' || %(load_id)s::integer AS document
FROM pairs AS p
INNER JOIN crpm.stores AS s ON p.store_id = s.store_id
WHERE
    %(opening_stock)s::integer > 0
    AND NOT EXISTS (
        SELECT 1
        FROM crpm.stock_levels AS l
        WHERE p.store_id = l.store_id AND p.product_id = l.product_id
    )
ORDER BY p.product_id, p.store_id;
