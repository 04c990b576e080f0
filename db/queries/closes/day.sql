-- The day at a store as its clocks tell it, or the day asked for, and its latest close.
-- Grain: one row; version is 0 where it is not closed.
SELECT
    st.store_id,
    st.name AS store,
    st.currency_code,
    coalesce(%(day)s::date, (now() AT TIME ZONE st.time_zone)::date) AS business_day,
    coalesce(d.version, 0) AS version,
    d.closed_at AT TIME ZONE st.time_zone AS closed_at,
    d.closed_by,
    d.reason
FROM crpm.stores AS st
LEFT JOIN LATERAL (
    SELECT
        x.version,
        x.closed_at,
        x.closed_by,
        x.reason
    FROM crpm.daily_closes AS x
    WHERE
        x.store_id = st.store_id
        AND x.business_day = coalesce(%(day)s::date, (now() AT TIME ZONE st.time_zone)::date)
    ORDER BY x.version DESC
    LIMIT 1
) AS d ON TRUE
WHERE st.store_id = %(store_id)s
