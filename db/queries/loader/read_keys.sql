-- Finds the customers, stores and products that the cells of sales and counts name by their keys in the source system.
-- A merged customer stays the one its orders are recorded for; they count with who it was merged into.
WITH records AS (
    SELECT
        'customer' AS kind,
        c.source_key,
        c.customer_id AS record_id
    FROM crpm.customers AS c
    WHERE c.source_system = %(source_system)s
    UNION ALL
    SELECT
        'store' AS kind,
        s.source_key,
        s.store_id AS record_id
    FROM crpm.stores AS s
    WHERE s.source_system = %(source_system)s
    UNION ALL
    SELECT
        'product' AS kind,
        p.source_key,
        p.product_id AS record_id
    FROM crpm.products AS p
    WHERE p.source_system = %(source_system)s
)

UPDATE staging.cells AS c
SET
    record_id = r.record_id,
    problem = CASE WHEN r.record_id IS NULL AND staging.text_of(c.cell) IS NOT NULL THEN 'unknown_' || c.kind END
FROM staging.cells AS named
LEFT JOIN records AS r ON named.kind = r.kind AND staging.text_of(named.cell) = r.source_key
WHERE
    named.kind IN ('customer', 'store', 'product')
    AND c.load_file_id = named.load_file_id AND c.field = named.field AND c.cell = named.cell;
