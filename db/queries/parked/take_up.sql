-- Gives a parked purchase to one till; the same till asking again gets the same answer.
-- Grain: one row. The names are those of the basket's products, in its order; empty for one that is not there any more.
SELECT
    t.request_id,
    t.basket,
    t.customer_id,
    c.name AS customer,
    t.note,
    named.product_names
FROM
    crpm.take_up_purchase(
        p_store_id => %(store_id)s::bigint,
        p_request_id => %(request_id)s::uuid,
        p_till_id => %(till_id)s::uuid,
        p_is_taken_over => %(is_taken_over)s::boolean
    ) AS t
LEFT JOIN crpm.customers AS c ON t.customer_id = c.customer_id
CROSS JOIN LATERAL (
    SELECT array_agg(coalesce(p.name, '') ORDER BY l.place) AS product_names
    FROM jsonb_array_elements(t.basket -> 'lines') WITH ORDINALITY AS l (line, place)
    LEFT JOIN crpm.products AS p ON (l.line ->> 'product_id')::bigint = p.product_id
) AS named
