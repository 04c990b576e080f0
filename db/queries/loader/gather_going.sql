-- Gathers the records that go with a load: those that it added. One that it updated was there before and stays.
INSERT INTO staging.going (kind, record_id)
WITH brought AS (
    SELECT
        'customers' AS kind,
        c.customer_id AS record_id
    FROM crpm.customers AS c
    INNER JOIN crpm.load_files AS f ON c.load_file_id = f.load_file_id
    WHERE f.load_id = %(load_id)s
    UNION ALL
    SELECT
        'products' AS kind,
        p.product_id AS record_id
    FROM crpm.products AS p
    INNER JOIN crpm.load_files AS f ON p.load_file_id = f.load_file_id
    WHERE f.load_id = %(load_id)s
    UNION ALL
    SELECT
        'stores' AS kind,
        s.store_id AS record_id
    FROM crpm.stores AS s
    INNER JOIN crpm.load_files AS f ON s.load_file_id = f.load_file_id
    WHERE f.load_id = %(load_id)s
)

SELECT
    b.kind,
    b.record_id
FROM brought AS b
LEFT JOIN crpm.load_changes AS c ON c.load_id = %(load_id)s AND b.kind = c.table_name AND b.record_id::text = c.row_key
WHERE c.load_id IS NULL
UNION ALL
SELECT
    c.table_name AS kind,
    c.row_key::bigint AS record_id
FROM crpm.load_changes AS c
WHERE c.load_id = %(load_id)s AND c.table_name IN ('categories', 'subcategories');
