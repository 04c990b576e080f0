-- What happened to an order: payments, returns and stock movements, in the order of time.
-- Grain: one row per payment, return or movement; amount in the order's currency, pieces signed as in the ledger.
SELECT
    e.recorded_at,
    e.kind,
    e.detail,
    e.amount,
    e.pieces,
    e.recorded_by
FROM (
    SELECT
        y.recorded_at,
        CASE WHEN y.amount < 0 THEN 'refund' ELSE 'payment' END AS kind,
        y.method AS detail,
        y.amount,
        NULL::integer AS pieces,
        y.recorded_by,
        1 AS place,
        y.payment_number::bigint AS number
    FROM crpm.payments AS y
    WHERE y.store_id = %(store_id)s AND y.order_id = %(order_id)s
    UNION ALL
    SELECT
        r.recorded_at,
        'return' AS kind,
        p.name || ': ' || r.reason || CASE WHEN r.is_restocked THEN '' ELSE ' (not restocked)' END AS detail,
        -(r.line_amount + r.tax_amount) AS amount,
        r.quantity AS pieces,
        r.recorded_by,
        2 AS place,
        r.line_number::bigint AS number
    FROM crpm.returns AS r
    INNER JOIN crpm.order_lines AS l
        ON r.store_id = l.store_id AND r.order_id = l.order_id AND r.line_number = l.line_number
    INNER JOIN crpm.products AS p ON l.product_id = p.product_id
    WHERE r.store_id = %(store_id)s AND r.order_id = %(order_id)s
    UNION ALL
    SELECT
        m.recorded_at,
        'stock' AS kind,
        p.name || ' at ' || s.name AS detail,
        NULL::numeric AS amount,
        m.quantity AS pieces,
        m.recorded_by,
        3 AS place,
        m.movement_id AS number
    FROM crpm.stock_movements AS m
    INNER JOIN crpm.products AS p ON m.product_id = p.product_id
    INNER JOIN crpm.stores AS s ON m.store_id = s.store_id
    WHERE m.order_store_id = %(store_id)s AND m.order_id = %(order_id)s
) AS e
ORDER BY e.recorded_at DESC, e.place, e.number
LIMIT 500
