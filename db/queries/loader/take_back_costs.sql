-- Deletes the costs that a load brought.
DELETE FROM crpm.product_costs AS p
USING crpm.load_changes AS c
WHERE
    c.load_id = %(load_id)s AND c.table_name = 'product_costs'
    AND p.product_id = (c.new_values ->> 'product_id')::bigint
    AND p.valid_from = (c.new_values ->> 'valid_from')::timestamptz;
