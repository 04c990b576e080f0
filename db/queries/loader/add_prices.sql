-- Adds the prices, in base currency, of products that are new or changed, where they differ from the price of now and nobody
-- has edited it since it was last loaded.
WITH added AS (
    INSERT INTO crpm.product_prices (product_id, currency_code, unit_price)
    SELECT
        p.product_id,
        s.base_currency_code,
        c.unit_price
    FROM staging.clean_products AS c
    CROSS JOIN crpm.settings AS s
    INNER JOIN crpm.products AS p ON p.source_system = %(source_system)s AND c.source_key = p.source_key
    LEFT JOIN LATERAL (
        SELECT o.unit_price
        FROM crpm.product_prices AS o
        WHERE o.product_id = p.product_id AND o.currency_code = s.base_currency_code AND o.valid_from <= now()
        ORDER BY o.valid_from DESC
        LIMIT 1
    ) AS listed ON TRUE
    WHERE (c.outcome IS NULL OR c.taken ? 'unit_price') AND c.unit_price IS DISTINCT FROM listed.unit_price
    ORDER BY p.product_id
    RETURNING product_id, currency_code, valid_from, unit_price
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'product_prices' AS table_name,
    a.product_id || '/' || a.currency_code || '/' || a.valid_from AS row_key,
    jsonb_build_object(
        'product_id', a.product_id, 'currency_code', a.currency_code, 'valid_from', a.valid_from, 'unit_price', a.unit_price
    ) AS new_values
FROM added AS a;
