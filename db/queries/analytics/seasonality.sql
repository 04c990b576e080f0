-- What the months of the year bring beside the trend, over all years there are up to the end of the period.
-- Grain: one row per calendar month, in their order; none where there are fewer than 24 complete months. index is the mean of a
-- month's revenue in hundredths of the straight line through all months, scaled so that the twelve average 100; years tells on how
-- many such months it rests (not those where the line is at zero or below), lowest and highest between what they lay.
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

-- The line of least squares, in numeric: regr_slope would answer in floating point.
sums AS (
    SELECT
        count(*) AS months,
        sum(m.place) AS x,
        sum(m.revenue) AS y,
        sum(m.place * m.place) AS xx,
        sum(m.place * m.revenue) AS xy
    FROM months AS m
),

trend AS (
    SELECT
        s.months,
        s.x,
        s.y,
        (s.months * s.xy - s.x * s.y) / (s.months * s.xx - s.x * s.x) AS slope
    FROM sums AS s
    WHERE s.months >= 24
),

ratios AS (
    SELECT
        m.month_of_year,
        m.revenue / nullif(greatest((t.y - t.slope * t.x) / t.months + t.slope * m.place, 0), 0) AS ratio
    FROM months AS m
    CROSS JOIN trend AS t
),

indexes AS (
    SELECT
        r.month_of_year,
        count(r.ratio) AS years,
        avg(r.ratio) AS ratio,
        min(r.ratio) AS lowest,
        max(r.ratio) AS highest
    FROM ratios AS r
    GROUP BY r.month_of_year
)

SELECT
    i.month_of_year,
    to_char(make_date(2000, i.month_of_year, 1), 'Mon') AS month_name,
    i.years,
    round(100 * i.ratio / nullif(avg(i.ratio) OVER (), 0), 1) AS index,
    round(100 * i.lowest / nullif(avg(i.ratio) OVER (), 0), 1) AS lowest,
    round(100 * i.highest / nullif(avg(i.ratio) OVER (), 0), 1) AS highest
FROM indexes AS i
ORDER BY i.month_of_year;
