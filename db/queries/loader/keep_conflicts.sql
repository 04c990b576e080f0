-- Keeps the fields that a file has changed and a person too, differently: the person's stay as they are.
-- Grain: one row per updated row and field in conflict. A subcategory is told by its name.
INSERT INTO crpm.load_conflicts (load_file_id, line_number, field, column_name, record_id, was_loaded, in_file, is_now)
WITH differing AS (
    SELECT
        k.load_file_id,
        k.source_line,
        k.record_id,
        f.key AS field,
        k.loaded_values ->> f.key AS was_loaded,
        k.file_values ->> f.key AS in_file,
        k.now_values ->> f.key AS is_now
    FROM staging.keyed_rows AS k
    CROSS JOIN LATERAL jsonb_each(k.file_values) AS f
    WHERE
        k.outcome = 'updated' AND NOT k.taken ? f.key
        AND f.value <> coalesce(k.loaded_values -> f.key, 'null')
        AND f.value <> coalesce(k.now_values -> f.key, 'null')
),

named AS (
    SELECT
        d.load_file_id,
        d.source_line,
        d.record_id,
        d.field,
        CASE d.field WHEN 'country_code' THEN 'country' WHEN 'subcategory_id' THEN 'subcategory' ELSE d.field END AS source_field,
        CASE WHEN d.field = 'subcategory_id' THEN was.name ELSE d.was_loaded END AS was_loaded,
        CASE WHEN d.field = 'subcategory_id' THEN said.name ELSE d.in_file END AS in_file,
        CASE WHEN d.field = 'subcategory_id' THEN entered.name ELSE d.is_now END AS is_now
    FROM differing AS d
    LEFT JOIN crpm.subcategories AS was ON d.field = 'subcategory_id' AND d.was_loaded = was.subcategory_id::text
    LEFT JOIN crpm.subcategories AS said ON d.field = 'subcategory_id' AND d.in_file = said.subcategory_id::text
    LEFT JOIN crpm.subcategories AS entered ON d.field = 'subcategory_id' AND d.is_now = entered.subcategory_id::text
)

SELECT
    n.load_file_id,
    n.source_line,
    n.field,
    h.header AS column_name,
    n.record_id,
    n.was_loaded,
    n.in_file,
    n.is_now
FROM named AS n
LEFT JOIN staging.fields AS h ON n.load_file_id = h.load_file_id AND n.source_field = h.field
ORDER BY n.load_file_id, n.source_line, n.field;
