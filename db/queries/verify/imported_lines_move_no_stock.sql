-- Lines of files are history and move no stock; all lines of the till do.
-- Grain: one row per order line.
SELECT
    l.store_id,
    l.order_id,
    l.line_number,
    l.load_file_id,
    l.moves_stock,
    l.moves_stock <> (l.load_file_id IS NULL) AS is_wrong
FROM crpm.order_lines AS l
