-- Collects the distinct cells of every column that is more than text, so that each is understood once.
-- Grain: one row per file, field and distinct cell. One scan a column, because that is several times faster than turning
-- each row into as many rows as it has cells.
INSERT INTO staging.cells (load_file_id, field, kind, cell, first_line)
WITH found AS (
    SELECT
        r.load_file_id,
        'rate_date' AS field,
        'date' AS kind,
        r.rate_date AS cell,
        min(r.source_line) AS first_line
    FROM staging.rates AS r
    GROUP BY r.load_file_id, r.rate_date
    UNION ALL
    SELECT
        r.load_file_id,
        'currency_code' AS field,
        'currency' AS kind,
        r.currency_code AS cell,
        min(r.source_line) AS first_line
    FROM staging.rates AS r
    GROUP BY r.load_file_id, r.currency_code
    UNION ALL
    SELECT
        r.load_file_id,
        'units_per_base' AS field,
        'number' AS kind,
        r.units_per_base AS cell,
        min(r.source_line) AS first_line
    FROM staging.rates AS r
    GROUP BY r.load_file_id, r.units_per_base
    UNION ALL
    SELECT
        r.load_file_id,
        'country' AS field,
        'country' AS kind,
        r.country AS cell,
        min(r.source_line) AS first_line
    FROM staging.stores AS r
    GROUP BY r.load_file_id, r.country
    UNION ALL
    SELECT
        r.load_file_id,
        'area_m2' AS field,
        'number' AS kind,
        r.area_m2 AS cell,
        min(r.source_line) AS first_line
    FROM staging.stores AS r
    GROUP BY r.load_file_id, r.area_m2
    UNION ALL
    SELECT
        r.load_file_id,
        'opened_on' AS field,
        'date' AS kind,
        r.opened_on AS cell,
        min(r.source_line) AS first_line
    FROM staging.stores AS r
    GROUP BY r.load_file_id, r.opened_on
    UNION ALL
    SELECT
        r.load_file_id,
        'unit_cost' AS field,
        'number' AS kind,
        r.unit_cost AS cell,
        min(r.source_line) AS first_line
    FROM staging.products AS r
    GROUP BY r.load_file_id, r.unit_cost
    UNION ALL
    SELECT
        r.load_file_id,
        'unit_price' AS field,
        'number' AS kind,
        r.unit_price AS cell,
        min(r.source_line) AS first_line
    FROM staging.products AS r
    GROUP BY r.load_file_id, r.unit_price
    UNION ALL
    SELECT
        r.load_file_id,
        'birth_date' AS field,
        'date' AS kind,
        r.birth_date AS cell,
        min(r.source_line) AS first_line
    FROM staging.customers AS r
    GROUP BY r.load_file_id, r.birth_date
    UNION ALL
    SELECT
        r.load_file_id,
        'country' AS field,
        'country' AS kind,
        r.country AS cell,
        min(r.source_line) AS first_line
    FROM staging.customers AS r
    GROUP BY r.load_file_id, r.country
    UNION ALL
    SELECT
        r.load_file_id,
        'line_number' AS field,
        'whole' AS kind,
        r.line_number AS cell,
        min(r.source_line) AS first_line
    FROM staging.sales AS r
    GROUP BY r.load_file_id, r.line_number
    UNION ALL
    SELECT
        r.load_file_id,
        'order_date' AS field,
        'date' AS kind,
        r.order_date AS cell,
        min(r.source_line) AS first_line
    FROM staging.sales AS r
    GROUP BY r.load_file_id, r.order_date
    UNION ALL
    SELECT
        r.load_file_id,
        'delivered_on' AS field,
        'date' AS kind,
        r.delivered_on AS cell,
        min(r.source_line) AS first_line
    FROM staging.sales AS r
    GROUP BY r.load_file_id, r.delivered_on
    UNION ALL
    SELECT
        r.load_file_id,
        'customer_key' AS field,
        'customer' AS kind,
        r.customer_key AS cell,
        min(r.source_line) AS first_line
    FROM staging.sales AS r
    GROUP BY r.load_file_id, r.customer_key
    UNION ALL
    SELECT
        r.load_file_id,
        'store_key' AS field,
        'store' AS kind,
        r.store_key AS cell,
        min(r.source_line) AS first_line
    FROM staging.sales AS r
    GROUP BY r.load_file_id, r.store_key
    UNION ALL
    SELECT
        r.load_file_id,
        'product_key' AS field,
        'product' AS kind,
        r.product_key AS cell,
        min(r.source_line) AS first_line
    FROM staging.sales AS r
    GROUP BY r.load_file_id, r.product_key
    UNION ALL
    SELECT
        r.load_file_id,
        'quantity' AS field,
        'whole' AS kind,
        r.quantity AS cell,
        min(r.source_line) AS first_line
    FROM staging.sales AS r
    GROUP BY r.load_file_id, r.quantity
    UNION ALL
    SELECT
        r.load_file_id,
        'currency_code' AS field,
        'currency' AS kind,
        r.currency_code AS cell,
        min(r.source_line) AS first_line
    FROM staging.sales AS r
    GROUP BY r.load_file_id, r.currency_code
    UNION ALL
    SELECT
        r.load_file_id,
        'unit_price' AS field,
        'number' AS kind,
        r.unit_price AS cell,
        min(r.source_line) AS first_line
    FROM staging.sales AS r
    GROUP BY r.load_file_id, r.unit_price
    UNION ALL
    SELECT
        r.load_file_id,
        'line_amount' AS field,
        'number' AS kind,
        r.line_amount AS cell,
        min(r.source_line) AS first_line
    FROM staging.sales AS r
    GROUP BY r.load_file_id, r.line_amount
    UNION ALL
    SELECT
        r.load_file_id,
        'store_key' AS field,
        'store' AS kind,
        r.store_key AS cell,
        min(r.source_line) AS first_line
    FROM staging.stock AS r
    GROUP BY r.load_file_id, r.store_key
    UNION ALL
    SELECT
        r.load_file_id,
        'product_key' AS field,
        'product' AS kind,
        r.product_key AS cell,
        min(r.source_line) AS first_line
    FROM staging.stock AS r
    GROUP BY r.load_file_id, r.product_key
    UNION ALL
    SELECT
        r.load_file_id,
        'quantity' AS field,
        'whole' AS kind,
        r.quantity AS cell,
        min(r.source_line) AS first_line
    FROM staging.stock AS r
    GROUP BY r.load_file_id, r.quantity
    UNION ALL
    SELECT
        r.load_file_id,
        'line_number' AS field,
        'whole' AS kind,
        r.line_number AS cell,
        min(r.source_line) AS first_line
    FROM staging.returns AS r
    GROUP BY r.load_file_id, r.line_number
    UNION ALL
    SELECT
        r.load_file_id,
        'product_key' AS field,
        'product' AS kind,
        r.product_key AS cell,
        min(r.source_line) AS first_line
    FROM staging.returns AS r
    GROUP BY r.load_file_id, r.product_key
    UNION ALL
    SELECT
        r.load_file_id,
        'quantity' AS field,
        'whole' AS kind,
        r.quantity AS cell,
        min(r.source_line) AS first_line
    FROM staging.returns AS r
    GROUP BY r.load_file_id, r.quantity
    UNION ALL
    SELECT
        r.load_file_id,
        'returned_on' AS field,
        'date' AS kind,
        r.returned_on AS cell,
        min(r.source_line) AS first_line
    FROM staging.returns AS r
    GROUP BY r.load_file_id, r.returned_on
    UNION ALL
    SELECT
        r.load_file_id,
        'store_key' AS field,
        'store' AS kind,
        r.store_key AS cell,
        min(r.source_line) AS first_line
    FROM staging.returns AS r
    GROUP BY r.load_file_id, r.store_key
    UNION ALL
    SELECT
        r.load_file_id,
        'refund_amount' AS field,
        'number' AS kind,
        r.refund_amount AS cell,
        min(r.source_line) AS first_line
    FROM staging.returns AS r
    GROUP BY r.load_file_id, r.refund_amount
)

SELECT
    f.load_file_id,
    f.field,
    f.kind,
    f.cell,
    f.first_line
FROM found AS f
WHERE f.cell IS NOT NULL;
