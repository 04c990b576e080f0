-- Lists the price and cost of now of every product that has a price in base currency; without a cost it costs nothing.
-- Grain: one row per product.
INSERT INTO staging.list_prices (product_id, unit_price, unit_cost)
WITH cost AS (
    SELECT DISTINCT ON (c.product_id)
        c.product_id,
        c.unit_cost
    FROM crpm.product_costs AS c
    WHERE c.valid_from <= now()
    ORDER BY c.product_id ASC, c.valid_from DESC
)

SELECT
    price.product_id,
    price.unit_price,
    coalesce(cost.unit_cost, 0) AS unit_cost
FROM (
    SELECT DISTINCT ON (p.product_id)
        p.product_id,
        p.unit_price
    FROM crpm.product_prices AS p
    INNER JOIN crpm.settings AS s ON p.currency_code = s.base_currency_code
    WHERE p.valid_from <= now()
    ORDER BY p.product_id ASC, p.valid_from DESC
) AS price
LEFT JOIN cost ON price.product_id = cost.product_id;
