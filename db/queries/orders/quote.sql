-- What a purchase would be charged now, line by line, as the database itself would record it.
-- Grain: one row per product.
SELECT
    q.line_number,
    q.product_id,
    q.sku,
    q.product_name,
    q.quantity,
    q.list_price,
    q.unit_price,
    q.discount_amount,
    q.tax_amount,
    q.line_amount,
    q.currency_code,
    q.on_hand
FROM
    crpm.quote_purchase(
        p_store_id => %(store_id)s::bigint,
        p_product_ids => %(product_ids)s::bigint[],
        p_quantities => %(quantities)s::numeric[],
        p_order_date => %(order_date)s::date,
        p_currency_code => %(currency_code)s::text,
        p_discounts => %(discounts)s::numeric[],
        p_order_discount => %(order_discount)s::numeric,
        p_unit_prices => %(unit_prices)s::numeric[],
        p_price_reasons => %(price_reasons)s::text[]
    ) AS q
ORDER BY q.line_number
LIMIT 1000
