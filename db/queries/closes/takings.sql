-- What a store should have taken on a day by currency and method, beside what its latest close expected and counted.
-- Grain: one row per currency and method with takings or in the close; closed_expected and counted are null where it was not closed.
WITH closed AS (
    SELECT
        x.currency_code,
        x.method,
        x.expected,
        x.counted
    FROM crpm.daily_close_lines AS x
    WHERE x.store_id = %(store_id)s AND x.business_day = %(day)s AND x.version = %(version)s
)

SELECT
    coalesce(t.currency_code, l.currency_code) AS currency_code,
    coalesce(t.method, l.method) AS method,
    coalesce(t.payments, 0) AS payments,
    coalesce(t.amount, 0) AS expected,
    l.expected AS closed_expected,
    l.counted
FROM crpm.takings_on(%(store_id)s::bigint, %(day)s::date) AS t
FULL JOIN closed AS l ON t.currency_code = l.currency_code AND t.method = l.method
ORDER BY 1, 2
LIMIT 1000
