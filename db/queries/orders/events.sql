-- What happened to an order, newest first: recorded, paid, delivered, returned, cancelled, and the stock that it moved.
-- Grain: one row per payment, return or movement, one each for recording, delivery and cancelling; amount in the order's
-- currency, pieces signed as in the ledger, moments as the clock at the store of the sale showed them.
SELECT
    e.recorded_at AT TIME ZONE h.time_zone AS recorded_at,
    e.kind,
    e.detail,
    e.amount,
    e.pieces,
    e.recorded_by,
    e.channel
FROM (
    SELECT
        o.recorded_at,
        'recorded' AS kind,
        o.order_number AS detail,
        NULL::numeric AS amount,
        NULL::integer AS pieces,
        o.recorded_by,
        o.channel,
        4 AS place,
        0::bigint AS number
    FROM crpm.orders AS o
    WHERE o.store_id = %(store_id)s AND o.order_id = %(order_id)s
    UNION ALL
    SELECT
        o.cancelled_at AS recorded_at,
        'cancelled' AS kind,
        o.cancel_reason AS detail,
        NULL::numeric AS amount,
        NULL::integer AS pieces,
        o.cancelled_by AS recorded_by,
        o.cancel_channel AS channel,
        0 AS place,
        0::bigint AS number
    FROM crpm.orders AS o
    WHERE o.store_id = %(store_id)s AND o.order_id = %(order_id)s AND o.cancelled_at IS NOT NULL
    UNION ALL
    SELECT
        o.delivery_noted_at AS recorded_at,
        'delivered' AS kind,
        'on ' || o.delivered_on AS detail,
        NULL::numeric AS amount,
        NULL::integer AS pieces,
        o.delivery_noted_by AS recorded_by,
        o.delivery_channel AS channel,
        0 AS place,
        0::bigint AS number
    FROM crpm.orders AS o
    WHERE o.store_id = %(store_id)s AND o.order_id = %(order_id)s AND o.delivery_noted_at IS NOT NULL
    UNION ALL
    SELECT
        y.recorded_at,
        CASE WHEN y.amount < 0 THEN 'refund' ELSE 'payment' END AS kind,
        y.method AS detail,
        y.amount,
        NULL::integer AS pieces,
        y.recorded_by,
        y.channel,
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
        r.channel,
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
        m.channel,
        3 AS place,
        m.movement_id AS number
    FROM crpm.stock_movements AS m
    INNER JOIN crpm.products AS p ON m.product_id = p.product_id
    INNER JOIN crpm.stores AS s ON m.store_id = s.store_id
    WHERE m.order_store_id = %(store_id)s AND m.order_id = %(order_id)s
) AS e
INNER JOIN crpm.stores AS h ON h.store_id = %(store_id)s
ORDER BY e.recorded_at DESC, e.place, e.number
LIMIT 500
