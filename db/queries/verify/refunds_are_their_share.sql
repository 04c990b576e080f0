-- The refunds of a line, with what a file says was withheld of them, are the share of its amounts that came back: all of
-- them, to the cent, for the whole line. No more is refunded than was charged.
-- Grain: one row per order line with returns.
WITH refunds AS (
    SELECT
        r.store_id,
        r.order_id,
        r.line_number,
        sum(r.quantity)::numeric AS quantity,
        sum(r.line_amount) AS refunded,
        sum(r.line_amount + r.withheld_amount) AS line_amount,
        sum(r.tax_amount) AS tax_amount,
        sum(r.base_amount + r.base_withheld_amount) AS base_amount
    FROM crpm.returns AS r
    GROUP BY r.store_id, r.order_id, r.line_number
)

SELECT
    l.store_id,
    l.order_id,
    l.line_number,
    l.quantity,
    r.quantity AS returned,
    l.line_amount,
    r.refunded,
    r.line_amount - r.refunded AS withheld,
    l.tax_amount,
    r.tax_amount AS tax_refunded,
    l.base_amount,
    r.base_amount AS base_settled,
    (r.line_amount, r.tax_amount, r.base_amount) <> (
        round(l.line_amount * (r.quantity / l.quantity), scale(r.line_amount)),
        round(l.tax_amount * (r.quantity / l.quantity), scale(r.tax_amount)),
        round(l.base_amount * (r.quantity / l.quantity), scale(r.base_amount))
    ) OR r.refunded > l.line_amount AS is_wrong
FROM refunds AS r
INNER JOIN crpm.order_lines AS l ON r.store_id = l.store_id AND r.order_id = l.order_id AND r.line_number = l.line_number
