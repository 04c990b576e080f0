-- How many orders orders/search_by_product finds in all, counted up to 10,001.
-- Grain: one row.
SELECT count(*) AS found
FROM (
    SELECT o.order_id
    FROM crpm.orders AS o
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
    LIMIT 10001
) AS counted
