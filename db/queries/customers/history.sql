-- Everything a customer, and who was merged into it, has bought, newest first, for a file; amounts in the order's currency.
-- Grain: one row per line of the customer's orders, cancelled ones among them. line_amount is without tax_amount;
-- refund_amount is what was refunded for the line so far, tax included.
SELECT
    o.order_number,
    o.order_date,
    s.name AS store,
    o.status,
    o.currency_code,
    y.minor_units,
    l.line_number,
    p.sku,
    p.name AS product,
    l.quantity,
    l.returned_quantity,
    l.unit_price,
    l.discount_amount,
    l.tax_rate,
    l.line_amount,
    l.tax_amount,
    l.line_amount + l.tax_amount AS charged_amount,
    (
        SELECT coalesce(sum(r.line_amount + r.tax_amount), 0)
        FROM crpm.returns AS r
        WHERE r.store_id = l.store_id AND r.order_id = l.order_id AND r.line_number = l.line_number
    ) AS refund_amount,
    o.total_amount
FROM crpm.orders AS o
INNER JOIN crpm.stores AS s ON o.store_id = s.store_id
INNER JOIN crpm.currencies AS y ON o.currency_code = y.currency_code
INNER JOIN crpm.order_lines AS l ON o.store_id = l.store_id AND o.order_id = l.order_id
INNER JOIN crpm.products AS p ON l.product_id = p.product_id
WHERE o.customer_id = any((SELECT crpm.records_of_customer(%(customer_id)s))::bigint[])
ORDER BY o.order_date DESC, o.order_id DESC, l.line_number
LIMIT %(limit)s::integer
