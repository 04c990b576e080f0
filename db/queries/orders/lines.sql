-- The lines of an order.
-- Grain: one row per line.
SELECT
    l.line_number,
    l.product_id,
    p.sku,
    p.name AS product,
    l.quantity,
    l.unit_price,
    l.price_override_reason,
    l.discount_amount,
    l.tax_rate,
    l.tax_amount,
    l.line_amount,
    l.returned_quantity
FROM crpm.order_lines AS l
INNER JOIN crpm.products AS p ON l.product_id = p.product_id
WHERE l.store_id = %(store_id)s AND l.order_id = %(order_id)s
ORDER BY l.line_number
LIMIT 10000
