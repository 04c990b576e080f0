-- The currencies that stores sell in or that have rates, but for the base currency, with their latest rate and its gaps.
-- Grain: one row per currency; age in days of the business's clock, gaps are stretches without a rate longer than one may be used.
WITH business AS (
    SELECT
        s.base_currency_code,
        s.max_rate_age_days,
        (now() AT TIME ZONE s.time_zone)::date AS today
    FROM crpm.settings AS s
),

spaced AS (
    SELECT
        r.currency_code,
        r.rate_date,
        r.units_per_base,
        r.rate_date - lag(r.rate_date) OVER (PARTITION BY r.currency_code ORDER BY r.rate_date) AS days
    FROM crpm.exchange_rates AS r
),

rates AS (
    SELECT
        s.currency_code,
        max(s.rate_date) AS latest_on,
        (array_agg(s.units_per_base ORDER BY s.rate_date DESC))[1] AS units_per_base,
        count(*) AS rates,
        count(CASE WHEN s.days > b.max_rate_age_days + 1 THEN 1 END) AS gaps
    FROM spaced AS s
    CROSS JOIN business AS b
    GROUP BY s.currency_code
),

shops AS (
    SELECT
        s.currency_code,
        bool_or(s.is_active) AS is_active
    FROM crpm.stores AS s
    GROUP BY s.currency_code
)

SELECT
    c.currency_code,
    c.name,
    r.latest_on,
    r.units_per_base,
    coalesce(r.rates, 0) AS rates,
    coalesce(r.gaps, 0) AS gaps,
    b.today - r.latest_on AS age_days,
    coalesce(t.is_active, FALSE) AS is_sold_in,
    coalesce(b.today - r.latest_on > b.max_rate_age_days, TRUE) AS is_too_old
FROM crpm.currencies AS c
CROSS JOIN business AS b
LEFT JOIN rates AS r ON c.currency_code = r.currency_code
LEFT JOIN shops AS t ON c.currency_code = t.currency_code
WHERE c.currency_code <> b.base_currency_code AND (r.currency_code IS NOT NULL OR t.currency_code IS NOT NULL)
ORDER BY c.currency_code
