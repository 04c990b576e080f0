-- The stock ledger of a product, the latest first, at one store or all, with what was on hand after each movement.
-- Grain: one row per movement; balance is that of the movement's store.
SELECT
    m.movement_id,
    m.recorded_at,
    m.occurred_on,
    m.store_id,
    st.name AS store,
    m.movement_type,
    m.quantity,
    m.balance,
    o.order_number,
    m.order_store_id || '-' || m.order_id AS order_key,
    m.document,
    m.reason,
    m.recorded_by
FROM (
    SELECT
        x.movement_id,
        x.recorded_at,
        x.occurred_on,
        x.store_id,
        x.movement_type,
        x.quantity,
        sum(x.quantity) OVER (PARTITION BY x.store_id ORDER BY x.movement_id) AS balance,
        x.order_store_id,
        x.order_id,
        x.document,
        x.reason,
        x.recorded_by
    FROM crpm.stock_movements AS x
    WHERE x.product_id = %(product_id)s AND (%(store_id)s::bigint IS NULL OR x.store_id = %(store_id)s)
) AS m
INNER JOIN crpm.stores AS st ON m.store_id = st.store_id
LEFT JOIN crpm.orders AS o ON m.order_store_id = o.store_id AND m.order_id = o.order_id
ORDER BY m.movement_id DESC, m.store_id
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
