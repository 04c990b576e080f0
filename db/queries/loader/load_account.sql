-- The account of a load: its status and its money.
-- Grain: one row.
SELECT
    l.status,
    s.base_currency_code,
    l.money_read,
    l.money_loaded,
    l.money_duplicate,
    l.money_rejected,
    l.unpriced_rows
FROM crpm.loads AS l
CROSS JOIN crpm.settings AS s
WHERE l.load_id = %(load_id)s;
