-- What list prices changed in a period, and how many pieces a day sold before and after.
-- Grain: one row per product, currency and day of a change, the latest first, most_rows at most. Pieces are those charged in the
-- price's currency in up to 30 days before the change and up to 30 from it on, no further than the change before or after it and
-- the period's last day; less returns. Of several changes on one day the last one counts.
WITH prices AS (
    SELECT DISTINCT ON (p.product_id, p.currency_code, changed_on)
        p.product_id,
        p.currency_code,
        (p.valid_from AT TIME ZONE st.time_zone)::date AS changed_on,
        p.unit_price
    FROM crpm.product_prices AS p
    CROSS JOIN crpm.settings AS st
    ORDER BY p.product_id, p.currency_code, changed_on, p.valid_from DESC
),

compared AS (
    SELECT
        p.product_id,
        p.currency_code,
        p.changed_on,
        p.unit_price,
        lag(p.unit_price) OVER (PARTITION BY p.product_id, p.currency_code ORDER BY p.changed_on) AS price_before
    FROM prices AS p
),

steps AS (
    SELECT
        c.product_id,
        c.currency_code,
        c.changed_on,
        c.unit_price,
        c.price_before,
        lag(c.changed_on) OVER following AS previous_on,
        lead(c.changed_on) OVER following AS next_on
    FROM compared AS c
    WHERE c.unit_price IS DISTINCT FROM c.price_before
    WINDOW following AS (PARTITION BY c.product_id, c.currency_code ORDER BY c.changed_on)
),

changes AS (
    SELECT
        s.product_id,
        s.currency_code,
        s.changed_on,
        s.price_before,
        s.unit_price,
        least(30, s.changed_on - s.previous_on) AS days_before,
        least(30, s.next_on - s.changed_on, %(to_on)s::date - s.changed_on + 1) AS days_after
    FROM steps AS s
    INNER JOIN crpm.products AS p ON s.product_id = p.product_id
    INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    WHERE
        s.price_before IS NOT NULL
        AND s.changed_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
    ORDER BY s.changed_on DESC, s.product_id, s.currency_code
    LIMIT %(most_rows)s::integer
),

sold AS (
    SELECT
        c.product_id,
        c.currency_code,
        c.changed_on,
        coalesce(sum(s.units) FILTER (WHERE s.sold_on < c.changed_on), 0) AS units_before,
        coalesce(sum(s.units) FILTER (WHERE s.sold_on >= c.changed_on), 0) AS units_after
    FROM changes AS c
    INNER JOIN analytics.detailed_sales AS s
        ON
            c.product_id = s.product_id
            AND c.currency_code = s.currency_code
            AND s.sold_on BETWEEN c.changed_on - c.days_before AND c.changed_on + c.days_after - 1
    WHERE
        (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(segment)s::text IS NULL OR s.customer_id IN (SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)))
    GROUP BY c.product_id, c.currency_code, c.changed_on
)

SELECT
    p.product_id,
    p.sku,
    p.name,
    c.currency_code,
    c.changed_on,
    c.price_before,
    c.unit_price AS price_after,
    round(c.unit_price / nullif(c.price_before, 0) - 1, 4) AS price_change,
    c.days_before,
    c.days_after,
    coalesce(s.units_before, 0) AS units_before,
    coalesce(s.units_after, 0) AS units_after,
    round(coalesce(s.units_before, 0)::numeric / c.days_before, 2) AS units_a_day_before,
    round(coalesce(s.units_after, 0)::numeric / c.days_after, 2) AS units_a_day_after,
    round((s.units_after::numeric / c.days_after) / nullif(s.units_before::numeric / c.days_before, 0) - 1, 4) AS units_change
FROM changes AS c
INNER JOIN crpm.products AS p ON c.product_id = p.product_id
LEFT JOIN sold AS s ON c.product_id = s.product_id AND c.currency_code = s.currency_code AND c.changed_on = s.changed_on
ORDER BY c.changed_on DESC, c.product_id, c.currency_code;
