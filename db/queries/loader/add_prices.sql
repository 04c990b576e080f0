-- Adds the prices, in base currency, of products that are new or changed, where they differ from the price of now and nobody
-- has edited it since it was last loaded.
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
ORDER BY p.product_id;
