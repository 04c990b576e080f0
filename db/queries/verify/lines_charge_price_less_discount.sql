-- A line charges quantity by price less its discount: with its tax contained in that, or on top of it.
-- Grain: one row per order line. Amounts are rounded to the decimal places that they were recorded with.
WITH payable AS (
    SELECT
        l.store_id,
        l.order_id,
        l.line_number,
        l.quantity,
        l.unit_price,
        l.discount_amount,
        l.tax_rate,
        l.line_amount,
        l.tax_amount,
        scale(l.line_amount) AS places,
        -- A price may be the amount of an imported line by its pieces: a number without end.
        round(round(l.quantity * l.unit_price, 10), scale(l.line_amount)) - l.discount_amount AS amount
    FROM crpm.order_lines AS l
)

SELECT
    p.store_id,
    p.order_id,
    p.line_number,
    p.quantity,
    p.unit_price,
    p.discount_amount,
    p.tax_rate,
    p.line_amount,
    p.tax_amount,
    (p.line_amount, p.tax_amount) <> (p.amount, round(p.amount * p.tax_rate, p.places))
    AND (p.line_amount + p.tax_amount, p.tax_amount)
    <> (p.amount, round(p.amount * (p.tax_rate / (1 + p.tax_rate)), p.places)) AS is_wrong
FROM payable AS p
