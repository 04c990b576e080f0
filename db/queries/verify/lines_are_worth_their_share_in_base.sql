-- In base currency a line is worth the same share of its list price as was charged of it.
-- Grain: one row per order line. Imported lines were charged their whole price, which may be the amount of the line by
-- its pieces: a number without end, whose last places are rounded away first.
SELECT
    l.store_id,
    l.order_id,
    l.line_number,
    l.quantity,
    l.unit_price,
    l.line_amount,
    l.base_unit_price,
    l.base_amount,
    l.base_amount <> CASE
        WHEN l.load_file_id IS NOT NULL THEN round(round(l.quantity * l.base_unit_price, 10), scale(l.base_amount))
        WHEN l.quantity * l.unit_price = 0 THEN 0
        ELSE round(l.quantity * l.base_unit_price * l.line_amount / (l.quantity * l.unit_price), scale(l.base_amount))
    END AS is_wrong
FROM crpm.order_lines AS l
