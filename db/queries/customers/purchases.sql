-- A customer's orders, and those of who was merged into it, newest first, with what was bought; amounts in the order's currency, tax included.
-- Grain: one row per line of the orders on the page, which limit and offset count; cancelled orders among them.
WITH page AS (
    SELECT
        o.store_id,
        o.order_id,
        o.order_number,
        o.order_date,
        o.currency_code,
        o.status,
        o.total_amount
    FROM crpm.orders AS o
    WHERE o.customer_id = any((SELECT crpm.records_of_customer(%(customer_id)s))::bigint[])
    ORDER BY o.order_date DESC, o.order_id DESC
    LIMIT %(limit)s::integer OFFSET %(offset)s::integer
)

SELECT
    page.store_id || '-' || page.order_id AS order_key,
    page.order_number,
    page.order_date,
    s.name AS store,
    page.currency_code,
    page.status,
    page.total_amount,
    l.product_id,
    p.name AS product,
    l.quantity,
    l.returned_quantity,
    l.line_amount + l.tax_amount AS charged_amount
FROM page
INNER JOIN crpm.stores AS s ON page.store_id = s.store_id
INNER JOIN crpm.order_lines AS l ON page.store_id = l.store_id AND page.order_id = l.order_id
INNER JOIN crpm.products AS p ON l.product_id = p.product_id
ORDER BY page.order_date DESC, page.order_id DESC, l.line_number
