-- Deletes the returns that a load brought, and counts their pieces off their lines.
WITH taken AS (
    DELETE FROM crpm.returns AS r
    USING crpm.load_files AS f
    WHERE f.load_id = %(load_id)s AND r.load_file_id = f.load_file_id
    RETURNING r.store_id, r.order_id, r.line_number, r.quantity
)

UPDATE crpm.order_lines AS l
SET returned_quantity = l.returned_quantity - t.quantity
FROM (
    SELECT
        x.store_id,
        x.order_id,
        x.line_number,
        sum(x.quantity) AS quantity
    FROM taken AS x
    GROUP BY x.store_id, x.order_id, x.line_number
) AS t
WHERE l.store_id = t.store_id AND l.order_id = t.order_id AND l.line_number = t.line_number;
