-- The lines of a count sheet, in its order; expected is that of the count, or before it what the ledger has for when the sheet was made.
-- Grain: one row per product on the sheet.
SELECT
    l.line_number,
    p.product_id,
    p.sku,
    p.name AS product,
    coalesce(l.expected, crpm.level_at(s.store_id, l.product_id, s.made_at)) AS expected,
    l.counted,
    l.counted - l.expected AS difference
FROM crpm.count_sheet_lines AS l
INNER JOIN crpm.count_sheets AS s ON l.count_sheet_id = s.count_sheet_id
INNER JOIN crpm.products AS p ON l.product_id = p.product_id
WHERE l.count_sheet_id = %(count_sheet_id)s
ORDER BY l.line_number
LIMIT 2000
