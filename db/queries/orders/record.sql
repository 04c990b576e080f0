-- Records a purchase and takes its stock, all or nothing; the same request id again returns the same order.
-- Grain: one row.
SELECT
    r.order_id,
    r.order_number,
    r.total_amount,
    r.currency_code,
    r.was_recorded_before
FROM crpm.record_purchase(
    p_store_id => %(store_id)s::bigint,
    p_product_ids => %(product_ids)s::bigint[],
    p_quantities => %(quantities)s::numeric[],
    p_request_id => %(request_id)s::uuid,
    p_customer_id => %(customer_id)s::bigint,
    p_order_date => %(order_date)s::date,
    p_currency_code => %(currency_code)s::text,
    p_discounts => %(discounts)s::numeric[],
    p_order_discount => %(order_discount)s::numeric,
    p_unit_prices => %(unit_prices)s::numeric[],
    p_price_reasons => %(price_reasons)s::text[],
    p_payment_methods => %(payment_methods)s::text[],
    p_payment_amounts => %(payment_amounts)s::numeric[]
) AS r
