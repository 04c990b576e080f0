-- Adds the costs of products that are new or changed, where they differ from the cost of now and nobody
-- has edited it since it was last loaded.
WITH added AS (
    INSERT INTO crpm.product_costs (product_id, unit_cost)
    SELECT
        p.product_id,
        c.unit_cost
    FROM staging.clean_products AS c
    INNER JOIN crpm.products AS p ON p.source_system = %(source_system)s AND c.source_key = p.source_key
    LEFT JOIN LATERAL (
        SELECT o.unit_cost
        FROM crpm.product_costs AS o
        WHERE o.product_id = p.product_id AND o.valid_from <= now()
        ORDER BY o.valid_from DESC
        LIMIT 1
    ) AS noted ON TRUE
    WHERE (c.outcome IS NULL OR c.taken ? 'unit_cost') AND c.unit_cost <> coalesce(noted.unit_cost, c.unit_cost - 1)
    ORDER BY p.product_id
    RETURNING product_id, valid_from, unit_cost
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'product_costs' AS table_name,
    a.product_id || '/' || a.valid_from AS row_key,
    jsonb_build_object('product_id', a.product_id, 'valid_from', a.valid_from, 'unit_cost', a.unit_cost) AS new_values
FROM added AS a;
