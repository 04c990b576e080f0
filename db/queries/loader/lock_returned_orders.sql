-- Lets nobody else return or cancel meanwhile what the rows of files say came back.
-- Grain: one row, how many orders.
WITH locked AS (
    SELECT o.order_id
    FROM crpm.orders AS o
    WHERE
        o.source_system = %(source_system)s
        AND o.order_number IN (SELECT staging.text_of(r.order_number) FROM staging.returns AS r)
    ORDER BY o.store_id, o.order_id
    FOR UPDATE
)

SELECT count(*) AS orders
FROM locked;
