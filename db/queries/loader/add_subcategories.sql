-- Adds subcategories that the products name and that are known neither by their key in the source nor by their name
-- in their category.
WITH added AS (
    INSERT INTO crpm.subcategories (category_id, source_system, source_key, name)
    SELECT DISTINCT ON (c.subcategory_key)
        coalesce(ck.category_id, cn.category_id) AS category_id,
        %(source_system)s::text AS source_system,
        c.subcategory_key,
        c.subcategory
    FROM staging.clean_products AS c
    LEFT JOIN crpm.categories AS ck ON ck.source_system = %(source_system)s AND c.category_key = ck.source_key
    LEFT JOIN crpm.categories AS cn ON c.category = cn.name
    LEFT JOIN crpm.subcategories AS k ON k.source_system = %(source_system)s AND c.subcategory_key = k.source_key
    LEFT JOIN crpm.subcategories AS n
        ON n.category_id = coalesce(ck.category_id, cn.category_id) AND c.subcategory = n.name
    WHERE (c.outcome IS NULL OR c.outcome = 'updated') AND k.subcategory_id IS NULL AND n.subcategory_id IS NULL
    ORDER BY c.subcategory_key, c.load_file_id, c.source_line
    ON CONFLICT DO NOTHING
    RETURNING subcategory_id, category_id, name
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'subcategories' AS table_name,
    a.subcategory_id::text AS row_key,
    jsonb_build_object('name', a.name, 'category_id', a.category_id) AS new_values
FROM added AS a;
