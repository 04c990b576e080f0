-- Orders with a product, newest first, and by all that orders/search filters by.
-- On its own, because only a condition that always holds lets the product's index find them rather than a walk over all.
-- Grain: one row per order; a filter that is null is off.
-- Sort order_date: o.order_date, o.order_id
-- Sort order_date descending: o.order_date DESC, o.order_id DESC
SELECT
    o.store_id,
    o.order_id,
    o.store_id || '-' || o.order_id AS order_key,
    o.order_number,
    o.order_date,
    s.name AS store,
    o.customer_id,
    c.name AS customer,
    (SELECT count(*) FROM crpm.order_lines AS l WHERE l.store_id = o.store_id AND l.order_id = o.order_id) AS lines,
    o.total_amount,
    o.currency_code,
    y.minor_units,
    o.status
FROM crpm.orders AS o
INNER JOIN crpm.stores AS s ON o.store_id = s.store_id
INNER JOIN crpm.currencies AS y ON o.currency_code = y.currency_code
LEFT JOIN crpm.customers AS c ON o.customer_id = c.customer_id
WHERE
    (%(from_on)s::date IS NULL OR o.order_date >= %(from_on)s)
    AND (%(to_on)s::date IS NULL OR o.order_date <= %(to_on)s)
    AND (%(store_id)s::bigint IS NULL OR o.store_id = %(store_id)s)
    AND (%(status)s::text IS NULL OR o.status = %(status)s)
    AND (%(customer_id)s::bigint IS NULL OR o.customer_id = any((SELECT crpm.records_of_customer(%(customer_id)s))::bigint[]))
    AND (o.store_id, o.order_id) IN (
        SELECT
            b.store_id,
            b.order_id
        FROM crpm.order_lines AS b
        WHERE b.product_id = %(product_id)s::bigint
    )
    AND (
        %(pattern)s::text IS NULL
        OR o.order_number LIKE upper(%(pattern)s::text) || '%%'
        OR o.customer_id IN (
            SELECT x.customer_id FROM crpm.customers AS x WHERE x.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        )
    )
ORDER BY o.order_date DESC, o.order_id DESC -- sort
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
