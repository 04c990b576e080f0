-- Closes, the latest day first, of one store or all, with what has come to a closed day since.
-- Grain: one row per close, version and currency; closes counts them all. arisen and is_changed are null but for the latest version.
-- is_changed: a method of the currency has changed, or a currency has come that the close does not have.
SELECT
    d.store_id,
    st.name AS store,
    d.business_day,
    d.version,
    d.closed_at AT TIME ZONE st.time_zone AS closed_at,
    d.closed_by,
    d.reason,
    d.currency_code,
    d.expected,
    d.counted,
    d.difference,
    since.arisen,
    since.is_changed,
    d.closes
FROM (
    SELECT
        x.store_id,
        x.business_day,
        x.version,
        x.is_latest,
        x.closed_at,
        x.closed_by,
        x.reason,
        x.currency_code,
        x.expected,
        x.counted,
        x.difference,
        count(*) OVER () AS closes
    FROM analytics.daily_closes AS x
    WHERE %(store_id)s::bigint IS NULL OR x.store_id = %(store_id)s
    ORDER BY x.business_day DESC, x.store_id, x.version DESC, x.currency_code
    LIMIT %(limit)s::integer OFFSET %(offset)s::integer
) AS d
INNER JOIN crpm.stores AS st ON d.store_id = st.store_id
LEFT JOIN LATERAL (
    SELECT
        coalesce(sum(y.grown) FILTER (WHERE y.currency_code = d.currency_code), 0) AS arisen,
        coalesce(bool_or(y.grown <> 0 AND (y.currency_code = d.currency_code OR NOT y.is_in_close)), FALSE) AS is_changed
    FROM (
        SELECT
            coalesce(t.currency_code, l.currency_code) AS currency_code,
            coalesce(t.amount, 0) - coalesce(l.expected, 0) AS grown,
            count(l.method) OVER (PARTITION BY coalesce(t.currency_code, l.currency_code)) > 0 AS is_in_close
        FROM crpm.takings_on(d.store_id, d.business_day) AS t
        FULL JOIN (
            SELECT
                c.currency_code,
                c.method,
                c.expected
            FROM crpm.daily_close_lines AS c
            WHERE c.store_id = d.store_id AND c.business_day = d.business_day AND c.version = d.version
        ) AS l ON t.currency_code = l.currency_code AND t.method = l.method
    ) AS y
) AS since ON d.is_latest
ORDER BY d.business_day DESC, d.store_id, d.version DESC, d.currency_code
LIMIT %(limit)s::integer
