-- How many rows stock/ledger has in all, counted up to 10,001.
-- Grain: one row.
SELECT count(*) AS found
FROM (
    SELECT m.movement_id
    FROM crpm.stock_movements AS m
    WHERE m.product_id = %(product_id)s AND (%(store_id)s::bigint IS NULL OR m.store_id = %(store_id)s)
    LIMIT 10001
) AS counted
