-- Adds the lines of new orders, and those that recorded orders lacked. Only the sales of a live load take stock.
INSERT INTO crpm.order_lines (
    store_id, order_id, line_number, product_id, quantity, unit_price, line_amount, base_unit_price, base_unit_cost,
    base_amount, moves_stock, load_file_id, source_line
)
SELECT
    o.store_id,
    o.order_id,
    c.line_number,
    c.product_id,
    c.quantity,
    c.unit_price,
    c.line_amount,
    c.base_unit_price,
    c.base_unit_cost,
    c.base_amount,
    %(is_live)s::boolean AS moves_stock,
    c.load_file_id,
    c.source_line
FROM staging.clean_sales AS c
INNER JOIN staging.orders AS o ON c.order_number = o.order_number
WHERE c.outcome IS NULL
ORDER BY o.store_id, o.order_id, c.line_number;
