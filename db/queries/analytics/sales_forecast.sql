-- The last twelve complete months, what was to be expected of the last six without knowing them, and the six months to come.
-- Grain: one row per month; none where there are fewer than 30 complete months. expected is the straight line through the months
-- known, times the month's mean ratio to that line; for months held out, those before them alone are known. year_before is the same
-- month's revenue one year before. The errors are of the six held out: how far off, of their revenue, and so for "same month last year".
-- Complete months alone: from the first whole one of the business to the last one before the period ends.
WITH horizon AS (
    SELECT
        (date_trunc('month', min(o.order_date)::timestamp - interval '1 day') + interval '1 month')::date AS first_month,
        least(date_trunc('month', max(o.order_date)::timestamp), date_trunc('month', %(to_on)s::date::timestamp + interval '1 day'))::date AS end_month
    FROM crpm.orders AS o
    WHERE o.status = 'recorded'
),

sold AS (
    SELECT
        date_trunc('month', s.sold_on::timestamp)::date AS month,
        sum(s.revenue) AS revenue
    FROM horizon AS h
    INNER JOIN analytics.sales_of_days('-infinity', 'infinity', %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
        ON h.first_month <= s.sold_on AND h.end_month > s.sold_on
    GROUP BY date_trunc('month', s.sold_on::timestamp)
),

months AS (
    SELECT
        m.month::date AS month,
        extract(MONTH FROM m.month)::integer AS month_of_year,
        row_number() OVER (ORDER BY m.month) AS place,
        coalesce(s.revenue, 0) AS revenue
    FROM horizon AS h
    CROSS JOIN LATERAL generate_series(h.first_month::timestamp, h.end_month - interval '1 day', interval '1 month') AS m (month)
    LEFT JOIN sold AS s ON m.month = s.month
),

-- Each forecast from the months it may know: all of them, or all but the last six.
known AS (
    SELECT
        f.is_held_out,
        m.month_of_year,
        m.place,
        m.revenue
    FROM (VALUES (FALSE), (TRUE)) AS f (is_held_out)
    CROSS JOIN months AS m
    WHERE NOT f.is_held_out OR m.place <= (SELECT count(*) - 6 FROM months)
),

-- The line of least squares, in numeric: regr_slope would answer in floating point.
sums AS (
    SELECT
        k.is_held_out,
        count(*) AS months,
        sum(k.place) AS x,
        sum(k.revenue) AS y,
        sum(k.place * k.place) AS xx,
        sum(k.place * k.revenue) AS xy
    FROM known AS k
    GROUP BY k.is_held_out
),

slopes AS (
    SELECT
        s.is_held_out,
        s.months,
        s.x,
        s.y,
        (s.months * s.xy - s.x * s.y) / nullif(s.months * s.xx - s.x * s.x, 0) AS slope
    FROM sums AS s
),

trends AS (
    SELECT
        s.is_held_out,
        s.slope,
        (s.y - s.slope * s.x) / s.months AS intercept
    FROM slopes AS s
),

seasons AS (
    SELECT
        k.is_held_out,
        k.month_of_year,
        avg(k.revenue / nullif(greatest(t.intercept + t.slope * k.place, 0), 0)) AS ratio
    FROM known AS k
    INNER JOIN trends AS t ON k.is_held_out = t.is_held_out
    GROUP BY k.is_held_out, k.month_of_year
),

-- Half a year beyond the last month known.
places AS (
    SELECT
        p.place,
        (h.first_month + make_interval(months => p.place::integer - 1))::date AS month,
        p.place > (SELECT count(*) FROM months) AS is_to_come
    FROM horizon AS h
    CROSS JOIN LATERAL generate_series((SELECT count(*) - 11 FROM months), (SELECT count(*) + 6 FROM months)) AS p (place)
    WHERE (SELECT count(*) FROM months) >= 30
),

expected AS (
    SELECT
        p.place,
        p.month,
        m.revenue,
        b.revenue AS year_before,
        CASE WHEN s.ratio IS NOT NULL THEN round(greatest((t.intercept + t.slope * p.place) * s.ratio, 0), 2) END AS expected
    FROM places AS p
    LEFT JOIN months AS m ON p.place = m.place
    LEFT JOIN months AS b ON p.place - 12 = b.place
    LEFT JOIN trends AS t ON (NOT p.is_to_come) = t.is_held_out AND p.place > (SELECT count(*) - 6 FROM months)
    LEFT JOIN seasons AS s ON t.is_held_out = s.is_held_out AND extract(MONTH FROM p.month) = s.month_of_year
),

errors AS (
    SELECT
        sum(abs(e.revenue - e.expected)) / nullif(sum(e.revenue), 0) AS error,
        sum(abs(e.revenue - e.year_before)) / nullif(sum(e.revenue), 0) AS error_of_year_before
    FROM expected AS e
    WHERE e.revenue IS NOT NULL AND e.expected IS NOT NULL
)

SELECT
    e.month AS starts_on,
    e.revenue,
    e.expected,
    e.year_before,
    round(r.error, 4) AS error,
    round(r.error_of_year_before, 4) AS error_of_year_before
FROM expected AS e
CROSS JOIN errors AS r
ORDER BY e.month;
