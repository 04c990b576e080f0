-- Takes the movements that a load brought out of the ledger and keeps them apart: opening counts, and
-- those of its lines and returns.
-- The levels follow; a level that has no ledger left was first opened by the load and goes.
-- Product before store, the one order in which everything that moves stock takes its locks.
WITH taken AS (
    DELETE FROM crpm.stock_movements AS m
    USING crpm.loads AS l
    WHERE
        l.load_id = %(load_id)s
        AND (
            m.movement_type = 'opening' AND m.recorded_at = l.started_at AND m.document = 'load ' || l.load_id
            OR EXISTS (
                SELECT 1
                FROM crpm.order_lines AS x
                INNER JOIN crpm.load_files AS f ON x.load_file_id = f.load_file_id
                WHERE
                    f.load_id = %(load_id)s
                    AND m.order_store_id = x.store_id AND m.order_id = x.order_id AND m.line_number = x.line_number
            )
            OR m.movement_type = 'return' AND m.recorded_at = l.started_at AND EXISTS (
                SELECT 1
                FROM crpm.returns AS r
                INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
                WHERE
                    f.load_id = %(load_id)s
                    AND m.order_store_id = r.store_id AND m.order_id = r.order_id AND m.line_number = r.line_number
            )
        )
    RETURNING m.*
),

kept AS (
    INSERT INTO crpm.undone_movements (
        load_id, store_id, movement_id, product_id, movement_type, quantity, occurred_on, order_store_id, order_id,
        line_number, document, reason, recorded_by, recorded_at, channel
    )
    SELECT
        %(load_id)s::integer AS load_id,
        t.store_id,
        t.movement_id,
        t.product_id,
        t.movement_type,
        t.quantity,
        t.occurred_on,
        t.order_store_id,
        t.order_id,
        t.line_number,
        t.document,
        t.reason,
        t.recorded_by,
        t.recorded_at,
        t.channel
    FROM taken AS t
    RETURNING store_id, product_id, quantity
)

UPDATE crpm.stock_levels AS l
SET on_hand = l.on_hand - k.quantity
FROM (
    SELECT
        x.store_id,
        x.product_id,
        sum(x.quantity) AS quantity
    FROM kept AS x
    GROUP BY x.store_id, x.product_id
) AS k
WHERE l.store_id = k.store_id AND l.product_id = k.product_id;
