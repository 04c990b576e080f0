-- Notes what the rows about products say by column of the record, list price and cost too, and of updates what was last
-- loaded and what is there now. A column that the file does not have says nothing.
WITH now_listed AS (
    SELECT
        t.product_id,
        t.source_values,
        jsonb_build_object(
            'name', t.name,
            'brand', t.brand,
            'color', t.color,
            'subcategory_id', t.subcategory_id,
            'unit_price', listed.unit_price,
            'unit_cost', noted.unit_cost
        ) AS now_values
    FROM staging.clean_products AS c
    INNER JOIN crpm.products AS t ON c.record_id = t.product_id
    CROSS JOIN crpm.settings AS s
    LEFT JOIN LATERAL (
        SELECT o.unit_price
        FROM crpm.product_prices AS o
        WHERE o.product_id = t.product_id AND o.currency_code = s.base_currency_code AND o.valid_from <= now()
        ORDER BY o.valid_from DESC
        LIMIT 1
    ) AS listed ON TRUE
    LEFT JOIN LATERAL (
        SELECT o.unit_cost
        FROM crpm.product_costs AS o
        WHERE o.product_id = t.product_id AND o.valid_from <= now()
        ORDER BY o.valid_from DESC
        LIMIT 1
    ) AS noted ON TRUE
    WHERE c.outcome = 'updated'
)

UPDATE staging.clean_products AS c
SET
    file_values = jsonb_build_object(
        'name', k.name,
        'brand', k.brand,
        'color', k.color,
        'subcategory_id', k.subcategory_id,
        'unit_price', k.unit_price,
        'unit_cost', k.unit_cost
    ) - ARRAY[
        CASE WHEN r.brand IS NULL THEN 'brand' END,
        CASE WHEN r.color IS NULL THEN 'color' END,
        CASE WHEN r.unit_cost IS NULL THEN 'unit_cost' END
    ],
    loaded_values = t.source_values,
    now_values = t.now_values
FROM staging.clean_products AS k
INNER JOIN staging.products AS r ON k.load_file_id = r.load_file_id AND k.source_line = r.source_line
LEFT JOIN now_listed AS t ON k.record_id = t.product_id
WHERE
    (k.outcome IS NULL OR k.outcome = 'updated')
    AND c.load_file_id = k.load_file_id AND c.source_line = k.source_line;
