-- Count sheets, the latest first, of one store or all; their times are those at the store.
-- Grain: one row per sheet; sheets counts them all.
SELECT
    s.count_sheet_id,
    st.name AS store,
    c.name AS category,
    s.made_at AT TIME ZONE st.time_zone AS made_at,
    s.made_by,
    s.counted_at AT TIME ZONE st.time_zone AS counted_at,
    s.typed_at AT TIME ZONE st.time_zone AS typed_at,
    s.typed_by,
    t.lines,
    t.counted_lines,
    t.booked_pieces,
    s.sheets
FROM (
    SELECT
        x.count_sheet_id,
        x.store_id,
        x.category_id,
        x.made_at,
        x.made_by,
        x.counted_at,
        x.typed_at,
        x.typed_by,
        count(*) OVER () AS sheets
    FROM crpm.count_sheets AS x
    WHERE %(store_id)s::bigint IS NULL OR x.store_id = %(store_id)s
    ORDER BY x.count_sheet_id DESC
    LIMIT %(limit)s::integer OFFSET %(offset)s::integer
) AS s
INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
LEFT JOIN crpm.categories AS c ON s.category_id = c.category_id
INNER JOIN LATERAL (
    SELECT
        count(*) AS lines,
        count(x.counted) AS counted_lines,
        coalesce(sum(x.counted - x.expected), 0) AS booked_pieces
    FROM crpm.count_sheet_lines AS x
    WHERE x.count_sheet_id = s.count_sheet_id
) AS t ON TRUE
ORDER BY s.count_sheet_id DESC
LIMIT %(limit)s::integer
