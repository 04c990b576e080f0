-- The money a load read is loaded, duplicate or rejected, and what it loaded is the worth of its order lines: nothing,
-- where it was taken back.
-- Grain: one row per load.
WITH worths AS (
    SELECT
        f.load_id,
        sum(x.base_amount) AS base_amount
    FROM crpm.order_lines AS x
    INNER JOIN crpm.load_files AS f ON x.load_file_id = f.load_file_id
    GROUP BY f.load_id
)

SELECT
    d.load_id,
    d.money_read,
    d.money_loaded,
    d.money_duplicate,
    d.money_rejected,
    coalesce(l.base_amount, 0) AS worth_of_order_lines,
    d.money_read <> d.money_loaded + d.money_duplicate + d.money_rejected
    OR CASE d.status WHEN 'undone' THEN 0 ELSE d.money_loaded END <> coalesce(l.base_amount, 0) AS is_wrong
FROM crpm.loads AS d
LEFT JOIN worths AS l ON d.load_id = l.load_id
