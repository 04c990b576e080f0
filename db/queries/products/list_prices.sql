-- The list prices a product has had, the latest first, for those too who may not read who set them.
-- Grain: one row per currency and moment from which a price counted; previous_price is null for the first of a currency.
SELECT
    x.valid_from,
    x.currency_code,
    x.unit_price,
    lag(x.unit_price) OVER (PARTITION BY x.currency_code ORDER BY x.valid_from) AS previous_price
FROM crpm.product_prices AS x
WHERE x.product_id = %(product_id)s
ORDER BY x.valid_from DESC, x.currency_code
LIMIT %(limit)s::integer
