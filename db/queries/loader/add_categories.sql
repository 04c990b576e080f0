-- Adds categories that the products name and that are known neither by their key in the source nor by their name.
WITH added AS (
    INSERT INTO crpm.categories (source_system, source_key, name)
    SELECT DISTINCT ON (c.category_key)
        %(source_system)s::text AS source_system,
        c.category_key,
        c.category
    FROM staging.clean_products AS c
    LEFT JOIN crpm.categories AS k ON k.source_system = %(source_system)s AND c.category_key = k.source_key
    LEFT JOIN crpm.categories AS n ON c.category = n.name
    WHERE (c.outcome IS NULL OR c.outcome = 'updated') AND k.category_id IS NULL AND n.category_id IS NULL
    ORDER BY c.category_key, c.load_file_id, c.source_line
    ON CONFLICT DO NOTHING
    RETURNING category_id, name
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'categories' AS table_name,
    a.category_id::text AS row_key,
    jsonb_build_object('name', a.name) AS new_values
FROM added AS a;
