-- Lines of files are history and move no stock, but for those of a live load; all lines of the till do.
-- Grain: one row per order line.
SELECT
    l.store_id,
    l.order_id,
    l.line_number,
    l.load_file_id,
    l.moves_stock,
    l.moves_stock <> (l.load_file_id IS NULL OR d.is_live) AS is_wrong
FROM crpm.order_lines AS l
LEFT JOIN crpm.load_files AS f ON l.load_file_id = f.load_file_id
LEFT JOIN crpm.loads AS d ON f.load_id = d.load_id
