-- One count sheet; its times are those at the store.
-- Grain: one row, or none.
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
    1 AS sheets
FROM crpm.count_sheets AS s
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
WHERE s.count_sheet_id = %(count_sheet_id)s
