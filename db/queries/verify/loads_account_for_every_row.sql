-- Every row that a load read is loaded, updated, duplicate or rejected; its order lines and rejected rows are there;
-- of a load that was taken back no order lines.
-- Grain: one row per loaded file.
WITH lines AS (
    SELECT
        x.load_file_id,
        count(*) AS order_lines
    FROM crpm.order_lines AS x
    GROUP BY x.load_file_id
),

rejected AS (
    SELECT
        x.load_file_id,
        count(*) AS rejects
    FROM crpm.rejects AS x
    GROUP BY x.load_file_id
)

SELECT
    f.load_file_id,
    f.file_name,
    f.rows_read,
    f.rows_loaded,
    f.rows_updated,
    f.rows_duplicate,
    f.rows_rejected,
    coalesce(l.order_lines, 0) AS order_lines,
    coalesce(r.rejects, 0) AS rejects,
    f.rows_read <> f.rows_loaded + f.rows_updated + f.rows_duplicate + f.rows_rejected
    OR f.target = 'sales' AND CASE d.status WHEN 'undone' THEN 0 ELSE f.rows_loaded END <> coalesce(l.order_lines, 0)
    OR f.rows_rejected <> coalesce(r.rejects, 0) AS is_wrong
FROM crpm.load_files AS f
INNER JOIN crpm.loads AS d ON f.load_id = d.load_id
LEFT JOIN lines AS l ON f.load_file_id = l.load_file_id
LEFT JOIN rejected AS r ON f.load_file_id = r.load_file_id
