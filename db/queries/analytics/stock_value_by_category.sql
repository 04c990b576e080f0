-- What the stock of each category was worth at cost at the beginning and the end of a period, and how often it turned over.
-- Grain: one row per category with stock or sales, and one for all, last. Values are those of the end of the day before the period
-- and of its last day, at each day's unit cost; pieces without a cost are left out of them and counted. turn is the cost of sales
-- less returns by the average of both values; days_of_cover the closing value by the cost of sales of an average day. A country is
-- that of the store, so the online shop has none.
WITH places AS (
    SELECT
        v.store_id,
        v.product_id,
        v.stock_value AS opening_value,
        0 AS closing,
        0 AS closing_value,
        0 AS without_cost
    FROM analytics.stock_value_on(%(from_on)s::date - 1) AS v
    UNION ALL
    SELECT
        v.store_id,
        v.product_id,
        0 AS opening_value,
        v.on_hand AS closing,
        v.stock_value AS closing_value,
        CASE WHEN v.unit_cost IS NULL THEN v.on_hand ELSE 0 END AS without_cost
    FROM analytics.stock_value_on(%(to_on)s::date) AS v
),

held AS (
    SELECT
        sc.category_id,
        sum(x.opening_value) AS opening_value,
        sum(x.closing) AS closing,
        sum(x.closing_value) AS closing_value,
        sum(x.without_cost) AS without_cost
    FROM places AS x
    INNER JOIN crpm.stores AS st ON x.store_id = st.store_id
    INNER JOIN crpm.products AS p ON x.product_id = p.product_id
    INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    WHERE
        (%(store_id)s::bigint IS NULL OR x.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR st.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
    GROUP BY sc.category_id
),

-- A country is that of the store, which the rollup of products does not know: then the orders tell.
costs AS (
    SELECT
        s.category_id,
        s.cost
    FROM analytics.profits_of_products(%(from_on)s, %(to_on)s, %(store_id)s, NULL, %(category_id)s, NULL) AS s
    WHERE %(country_code)s::text IS NULL
    UNION ALL
    SELECT
        s.category_id,
        s.cost
    FROM analytics.detailed_profits AS s
    INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
    WHERE
        st.country_code = %(country_code)s
        AND s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
),

sold AS (
    SELECT
        c.category_id,
        sum(c.cost) AS cost_of_sales
    FROM costs AS c
    GROUP BY c.category_id
),

totals AS (
    SELECT
        coalesce(h.category_id, s.category_id) AS category_id,
        grouping(coalesce(h.category_id, s.category_id)) = 1 AS is_total,
        coalesce(sum(h.opening_value), 0) AS opening_value,
        coalesce(sum(h.closing), 0) AS closing,
        coalesce(sum(h.closing_value), 0) AS closing_value,
        coalesce(sum(h.without_cost), 0) AS without_cost,
        coalesce(sum(s.cost_of_sales), 0) AS cost_of_sales
    FROM held AS h
    FULL JOIN sold AS s ON h.category_id = s.category_id
    GROUP BY GROUPING SETS ((coalesce(h.category_id, s.category_id)), ())
)

SELECT
    CASE WHEN t.is_total THEN 'All' ELSE c.name END AS category,
    t.is_total,
    t.closing,
    t.without_cost,
    t.opening_value,
    t.closing_value,
    t.cost_of_sales,
    round(t.cost_of_sales / nullif((t.opening_value + t.closing_value) / 2, 0), 2) AS turn,
    CASE
        WHEN t.cost_of_sales > 0 THEN round(t.closing_value * (%(to_on)s::date - %(from_on)s::date + 1) / t.cost_of_sales, 1)
    END AS days_of_cover
FROM totals AS t
LEFT JOIN crpm.categories AS c ON t.category_id = c.category_id
ORDER BY t.is_total, t.closing_value DESC, t.category_id;
