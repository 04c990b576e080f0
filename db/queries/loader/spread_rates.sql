-- Spreads each exchange rate over the days that it serves: its own, and those after it until the next rate, as long as
-- the settings let a rate grow old. The base currency is 1 by definition and not here.
-- Grain: one row per currency and day.
INSERT INTO staging.day_rates (currency_code, order_date, exchange_rate, rate_date)
SELECT
    r.currency_code,
    r.rate_date + age.days AS order_date,
    r.units_per_base,
    r.rate_date
FROM (
    SELECT
        e.currency_code,
        e.rate_date,
        e.units_per_base,
        least(
            lead(e.rate_date) OVER (PARTITION BY e.currency_code ORDER BY e.rate_date) - e.rate_date - 1,
            s.max_rate_age_days
        ) AS last_age
    FROM crpm.exchange_rates AS e
    CROSS JOIN crpm.settings AS s
    WHERE e.currency_code <> s.base_currency_code
) AS r
CROSS JOIN LATERAL generate_series(0, r.last_age) AS age (days);
