-- Understands rows about products and finds what is wrong with them.
-- Grain: one row per row read. The SKU is the source's key; where another product has it, the source's name before it.
INSERT INTO staging.clean_products (
    load_file_id, source_line, outcome, problem, source_key, source_hash, record_id, recorded_hash,
    sku, name, brand, color, unit_cost, unit_price, subcategory_key, subcategory, category_key, category
)
WITH typed AS (
    SELECT
        r.load_file_id,
        r.source_line,
        r.unreadable,
        staging.text_of(r.source_key) AS source_key,
        staging.text_of(r.name) AS name,
        staging.text_of(r.brand) AS brand,
        staging.text_of(r.color) AS color,
        cost.number_value AS unit_cost,
        cost.problem AS cost_problem,
        price.number_value AS unit_price,
        price.problem AS price_problem,
        staging.text_of(r.subcategory) AS subcategory,
        staging.text_of(r.category) AS category,
        coalesce(staging.text_of(r.subcategory_key), staging.text_of(r.subcategory)) AS subcategory_key,
        coalesce(staging.text_of(r.category_key), staging.text_of(r.category)) AS category_key
    FROM staging.products AS r
    LEFT JOIN staging.cells AS cost
        ON r.load_file_id = cost.load_file_id AND cost.field = 'unit_cost' AND r.unit_cost = cost.cell
    LEFT JOIN staging.cells AS price
        ON r.load_file_id = price.load_file_id AND price.field = 'unit_price' AND r.unit_price = price.cell
),

coded AS (
    SELECT
        t.*,
        e.product_id,
        e.source_hash AS recorded_hash,
        CASE
            WHEN taken.product_id IS NULL OR taken.product_id = e.product_id THEN t.source_key
            ELSE %(source_system)s::text || '-' || t.source_key
        END AS sku
    FROM typed AS t
    LEFT JOIN crpm.products AS e ON e.source_system = %(source_system)s AND t.source_key = e.source_key
    LEFT JOIN crpm.products AS taken ON t.source_key = taken.sku
),

checked AS (
    SELECT
        c.*,
        CASE
            WHEN c.unreadable IS NOT NULL THEN ARRAY[NULL, 'unreadable_row', c.unreadable]
            WHEN c.source_key IS NULL THEN ARRAY['source_key', 'missing']
            WHEN length(c.sku) > 100 THEN ARRAY['source_key', 'too_long', '100']
            WHEN
                c.product_id IS NULL AND EXISTS (
                    SELECT 1 FROM crpm.products AS o
                    WHERE c.sku = o.sku
                )
                THEN ARRAY['source_key', 'sku_is_taken']
            WHEN c.name IS NULL THEN ARRAY['name', 'missing']
            WHEN length(c.name) > 300 THEN ARRAY['name', 'too_long', '300']
            WHEN length(c.brand) > 100 THEN ARRAY['brand', 'too_long', '100']
            WHEN length(c.color) > 100 THEN ARRAY['color', 'too_long', '100']
            WHEN c.cost_problem IS NOT NULL THEN ARRAY['unit_cost', c.cost_problem]
            WHEN c.unit_cost < 0 THEN ARRAY['unit_cost', 'negative']
            WHEN c.price_problem IS NOT NULL THEN ARRAY['unit_price', c.price_problem]
            WHEN c.unit_price IS NULL THEN ARRAY['unit_price', 'missing']
            WHEN c.unit_price < 0 THEN ARRAY['unit_price', 'negative']
            WHEN c.subcategory IS NULL THEN ARRAY['subcategory', 'missing']
            WHEN length(c.subcategory) > 200 THEN ARRAY['subcategory', 'too_long', '200']
            WHEN length(c.subcategory_key) > 200 THEN ARRAY['subcategory_key', 'too_long', '200']
            WHEN c.category IS NULL THEN ARRAY['category', 'missing']
            WHEN length(c.category) > 200 THEN ARRAY['category', 'too_long', '200']
            WHEN length(c.category_key) > 200 THEN ARRAY['category_key', 'too_long', '200']
        END AS problem
    FROM coded AS c
),

-- A key means what the first sound row with it says; which product had which other name, nobody could tell later.
category_named AS (
    SELECT
        c.*,
        first_value(c.category) OVER same_category AS first_category,
        first_value(c.source_line) OVER same_category AS first_category_line
    FROM checked AS c
    WINDOW same_category AS (
        PARTITION BY c.category_key
        ORDER BY (c.problem IS NOT NULL), c.load_file_id, c.source_line
    )
),

category_settled AS (
    SELECT
        c.*,
        CASE
            WHEN c.problem IS NOT NULL THEN c.problem
            WHEN c.category <> c.first_category
                THEN ARRAY['category', 'other_name', format('"%%s" on line %%s', c.first_category, c.first_category_line)]
        END AS category_problem
    FROM category_named AS c
),

named AS (
    SELECT
        c.*,
        first_value(c.subcategory) OVER same_subcategory AS first_subcategory,
        first_value(c.source_line) OVER same_subcategory AS first_subcategory_line
    FROM category_settled AS c
    WINDOW same_subcategory AS (
        PARTITION BY c.category_key, c.subcategory_key
        ORDER BY (c.category_problem IS NOT NULL), c.load_file_id, c.source_line
    )
),

settled AS (
    SELECT
        c.*,
        CASE
            WHEN c.category_problem IS NOT NULL THEN c.category_problem
            WHEN c.subcategory <> c.first_subcategory
                THEN ARRAY[
                    'subcategory', 'other_name', format('"%%s" on line %%s', c.first_subcategory, c.first_subcategory_line)
                ]
        END AS final_problem
    FROM named AS c
)

SELECT
    c.load_file_id,
    c.source_line,
    CASE WHEN c.final_problem IS NOT NULL THEN 'rejected' END AS outcome,
    c.final_problem AS problem,
    c.source_key,
    md5(row(
        c.name, c.brand, c.color, trim_scale(c.unit_cost), trim_scale(c.unit_price), c.subcategory_key, c.subcategory,
        c.category_key, c.category
    )::text) AS source_hash,
    c.product_id,
    c.recorded_hash,
    c.sku,
    c.name,
    c.brand,
    c.color,
    c.unit_cost,
    c.unit_price,
    -- Within its category, because sources number subcategories either way.
    c.category_key || '/' || c.subcategory_key AS subcategory_key,
    c.subcategory,
    c.category_key,
    c.category
FROM settled AS c;
