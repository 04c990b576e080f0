-- Takes back the days of delivery that a load noted on orders that were there before.
UPDATE crpm.orders AS o
SET delivered_on = (c.old_values ->> 'delivered_on')::date
FROM crpm.load_changes AS c
WHERE
    c.load_id = %(load_id)s AND c.table_name = 'orders'
    AND o.store_id = split_part(c.row_key, '/', 1)::bigint AND o.order_id = split_part(c.row_key, '/', 2)::bigint;
