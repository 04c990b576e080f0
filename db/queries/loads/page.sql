-- Loads of files, the newest first.
-- Grain: one row per load, with the rows of all its files added up.
SELECT
    l.load_id,
    l.source_system,
    l.status,
    l.started_at,
    l.finished_at,
    l.loaded_by,
    u.undone_at,
    u.undone_by,
    s.base_currency_code,
    l.money_read,
    l.money_loaded,
    l.money_duplicate,
    l.money_rejected,
    l.unpriced_rows,
    coalesce(f.rows_read, 0) AS rows_read,
    coalesce(f.rows_loaded, 0) AS rows_loaded,
    coalesce(f.rows_updated, 0) AS rows_updated,
    coalesce(f.rows_duplicate, 0) AS rows_duplicate,
    coalesce(f.rows_rejected, 0) AS rows_rejected
FROM crpm.loads AS l
CROSS JOIN crpm.settings AS s
LEFT JOIN crpm.load_undos AS u ON l.load_id = u.load_id
LEFT JOIN LATERAL (
    SELECT
        sum(lf.rows_read)::bigint AS rows_read,
        sum(lf.rows_loaded)::bigint AS rows_loaded,
        sum(lf.rows_updated)::bigint AS rows_updated,
        sum(lf.rows_duplicate)::bigint AS rows_duplicate,
        sum(lf.rows_rejected)::bigint AS rows_rejected
    FROM crpm.load_files AS lf
    WHERE lf.load_id = l.load_id
) AS f ON TRUE
WHERE %(load_id)s::integer IS NULL OR l.load_id = %(load_id)s
ORDER BY l.load_id DESC
LIMIT %(limit)s OFFSET %(offset)s;
