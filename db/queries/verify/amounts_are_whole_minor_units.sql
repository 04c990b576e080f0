-- Amounts are whole minor units: cents where the currency has cents, and no fraction of them.
-- Grain: one row per order line, and one per return.
SELECT
    q.kind,
    q.store_id,
    q.order_id,
    q.line_number,
    o.currency_code,
    q.line_amount,
    q.tax_amount,
    q.base_amount,
    (q.line_amount, q.tax_amount, q.base_amount) <> (
        round(q.line_amount, charged.minor_units), round(q.tax_amount, charged.minor_units), round(q.base_amount, base.minor_units)
    ) AS is_wrong
FROM (
    SELECT
        'line' AS kind,
        l.store_id,
        l.order_id,
        l.line_number,
        l.line_amount,
        l.tax_amount,
        l.base_amount
    FROM crpm.order_lines AS l
    UNION ALL
    SELECT
        'return' AS kind,
        r.store_id,
        r.order_id,
        r.line_number,
        r.line_amount,
        r.tax_amount,
        r.base_amount
    FROM crpm.returns AS r
) AS q
INNER JOIN crpm.orders AS o ON q.store_id = o.store_id AND q.order_id = o.order_id
INNER JOIN crpm.currencies AS charged ON o.currency_code = charged.currency_code
CROSS JOIN crpm.settings AS s
INNER JOIN crpm.currencies AS base ON s.base_currency_code = base.currency_code
