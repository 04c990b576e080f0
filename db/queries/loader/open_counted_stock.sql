-- Books the counts of files as opening counts of today; the ledger's trigger keeps the levels.
-- Product before store, the one order in which everything that moves stock takes its locks.
INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on, document)
SELECT
    c.store_id,
    c.product_id,
    'opening' AS movement_type,
    c.quantity,
    (now() AT TIME ZONE s.time_zone)::date AS occurred_on,
    'load ' || %(load_id)s::integer AS document
FROM staging.clean_stock AS c
INNER JOIN crpm.stores AS s ON c.store_id = s.store_id
WHERE c.outcome IS NULL AND c.quantity > 0
ORDER BY c.product_id, c.store_id;
