-- What came back of an order so far.
-- Grain: one row per return; refund_amount contains the tax.
SELECT
    r.returned_on,
    p.name AS product,
    r.quantity,
    r.reason,
    r.line_amount + r.tax_amount AS refund_amount
FROM crpm.returns AS r
INNER JOIN crpm.order_lines AS l
    ON r.store_id = l.store_id AND r.order_id = l.order_id AND r.line_number = l.line_number
INNER JOIN crpm.products AS p ON l.product_id = p.product_id
WHERE r.store_id = %(store_id)s AND r.order_id = %(order_id)s
ORDER BY r.recorded_at, r.line_number, r.return_number
LIMIT 10000
