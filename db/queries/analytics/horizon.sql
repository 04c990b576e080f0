-- What the data reaches over: today at the business, and the first and last day with a sale or return.
-- Grain: one row once the company has been set up, none before. The days are null without any sale.
WITH days AS (
    SELECT
        min(o.order_date) AS first_on,
        max(o.order_date) AS last_on
    FROM crpm.orders AS o
    WHERE o.status = 'recorded'
    UNION ALL
    SELECT
        min(r.returned_on) AS first_on,
        max(r.returned_on) AS last_on
    FROM crpm.returns AS r
)

SELECT
    s.company_name,
    s.base_currency_code,
    s.is_demo,
    (now() AT TIME ZONE s.time_zone)::date AS today,
    min(d.first_on) AS first_on,
    max(d.last_on) AS last_on
FROM crpm.settings AS s
CROSS JOIN days AS d
GROUP BY s.settings_id;
