-- Takes out the levels that a load was the first to open: those of its counts, of which no ledger is left.
DELETE FROM crpm.stock_levels AS l
USING (
    SELECT
        m.store_id,
        m.product_id
    FROM crpm.undone_movements AS m
    WHERE m.load_id = %(load_id)s AND m.movement_type = 'opening'
    UNION
    SELECT
        (c.new_values ->> 'store_id')::bigint AS store_id,
        (c.new_values ->> 'product_id')::bigint AS product_id
    FROM crpm.load_changes AS c
    WHERE c.load_id = %(load_id)s AND c.table_name = 'stock_levels'
) AS o
WHERE l.store_id = o.store_id AND l.product_id = o.product_id;
