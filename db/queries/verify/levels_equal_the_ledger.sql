-- The level of each store and product is the sum of its ledger.
-- Grain: one row per store and product that has a level or a movement; a missing one counts as none.
WITH ledgers AS (
    SELECT
        x.store_id,
        x.product_id,
        sum(x.quantity) AS quantity
    FROM crpm.stock_movements AS x
    GROUP BY x.store_id, x.product_id
)

SELECT
    coalesce(l.store_id, m.store_id) AS store_id,
    coalesce(l.product_id, m.product_id) AS product_id,
    coalesce(l.on_hand, 0) AS on_hand,
    coalesce(m.quantity, 0) AS ledger,
    coalesce(l.on_hand, 0) <> coalesce(m.quantity, 0) AS is_wrong
FROM crpm.stock_levels AS l
FULL JOIN ledgers AS m
    ON l.store_id = m.store_id AND l.product_id = m.product_id
