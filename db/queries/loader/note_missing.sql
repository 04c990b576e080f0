-- Keeps with each file, by column, how many cells were missing and what was done about them. Cells of rows that could not
-- be taken apart are nobody's. A column in which nothing is missing is not scanned: EXISTS is answered before it would be.
WITH empty_cells AS MATERIALIZED (
    SELECT
        c.field,
        array_agg(DISTINCT c.cell) AS cells
    FROM staging.cells AS c
    WHERE
        c.problem IS NULL
        AND num_nonnulls(c.text_value, c.number_value, c.date_value, c.record_id) = 0
        -- "Online" is no country, and is not missing.
        AND (c.kind <> 'country' OR staging.text_of(c.cell) IS NULL)
    GROUP BY c.field
),

found AS (
    SELECT
        r.load_file_id,
        'rate_date' AS field,
        count(*) AS missing
    FROM staging.rates AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'rate_date')
        AND r.rate_date = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'rate_date')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'currency_code' AS field,
        count(*) AS missing
    FROM staging.rates AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'currency_code')
        AND r.currency_code = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'currency_code')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'units_per_base' AS field,
        count(*) AS missing
    FROM staging.rates AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'units_per_base')
        AND r.units_per_base = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'units_per_base')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'country' AS field,
        count(*) AS missing
    FROM staging.stores AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'country')
        AND r.country = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'country')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'area_m2' AS field,
        count(*) AS missing
    FROM staging.stores AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'area_m2')
        AND r.area_m2 = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'area_m2')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'opened_on' AS field,
        count(*) AS missing
    FROM staging.stores AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'opened_on')
        AND r.opened_on = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'opened_on')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'unit_cost' AS field,
        count(*) AS missing
    FROM staging.products AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'unit_cost')
        AND r.unit_cost = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'unit_cost')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'unit_price' AS field,
        count(*) AS missing
    FROM staging.products AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'unit_price')
        AND r.unit_price = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'unit_price')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'birth_date' AS field,
        count(*) AS missing
    FROM staging.customers AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'birth_date')
        AND r.birth_date = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'birth_date')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'country' AS field,
        count(*) AS missing
    FROM staging.customers AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'country')
        AND r.country = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'country')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'line_number' AS field,
        count(*) AS missing
    FROM staging.sales AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'line_number')
        AND r.line_number = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'line_number')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'order_date' AS field,
        count(*) AS missing
    FROM staging.sales AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'order_date')
        AND r.order_date = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'order_date')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'delivered_on' AS field,
        count(*) AS missing
    FROM staging.sales AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'delivered_on')
        AND r.delivered_on = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'delivered_on')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'customer_key' AS field,
        count(*) AS missing
    FROM staging.sales AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'customer_key')
        AND r.customer_key = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'customer_key')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'store_key' AS field,
        count(*) AS missing
    FROM staging.sales AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'store_key')
        AND r.store_key = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'store_key')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'product_key' AS field,
        count(*) AS missing
    FROM staging.sales AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'product_key')
        AND r.product_key = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'product_key')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'quantity' AS field,
        count(*) AS missing
    FROM staging.sales AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'quantity')
        AND r.quantity = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'quantity')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'currency_code' AS field,
        count(*) AS missing
    FROM staging.sales AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'currency_code')
        AND r.currency_code = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'currency_code')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'unit_price' AS field,
        count(*) AS missing
    FROM staging.sales AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'unit_price')
        AND r.unit_price = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'unit_price')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'line_amount' AS field,
        count(*) AS missing
    FROM staging.sales AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'line_amount')
        AND r.line_amount = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'line_amount')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'store_key' AS field,
        count(*) AS missing
    FROM staging.stock AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'store_key')
        AND r.store_key = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'store_key')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'product_key' AS field,
        count(*) AS missing
    FROM staging.stock AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'product_key')
        AND r.product_key = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'product_key')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'quantity' AS field,
        count(*) AS missing
    FROM staging.stock AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'quantity')
        AND r.quantity = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'quantity')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        n.load_file_id,
        v.field,
        v.missing
    FROM (
        SELECT
            c.load_file_id,
            count(*) AS read,
            count(c.source_key) AS source_key,
            count(c.name) AS name,
            count(c.gender) AS gender,
            count(c.email) AS email,
            count(c.phone) AS phone,
            count(c.street) AS street,
            count(c.city) AS city,
            count(c.state_code) AS state_code,
            count(c.state) AS state,
            count(c.postal_code) AS postal_code,
            count(c.continent) AS continent
        FROM staging.clean_customers AS c
        WHERE coalesce(c.problem[2], '') NOT IN ('unreadable_row', 'no_match')
        GROUP BY c.load_file_id
    ) AS n
    CROSS JOIN
        LATERAL (
            VALUES
            ('source_key', n.read - n.source_key),
            ('name', n.read - n.name),
            ('gender', n.read - n.gender),
            ('email', n.read - n.email),
            ('phone', n.read - n.phone),
            ('street', n.read - n.street),
            ('city', n.read - n.city),
            ('state_code', n.read - n.state_code),
            ('state', n.read - n.state),
            ('postal_code', n.read - n.postal_code),
            ('continent', n.read - n.continent)
        ) AS v (field, missing)
    UNION ALL
    SELECT
        n.load_file_id,
        v.field,
        v.missing
    FROM (
        SELECT
            c.load_file_id,
            count(*) AS read,
            count(c.source_key) AS source_key,
            count(c.name) AS name,
            count(c.brand) AS brand,
            count(c.color) AS color,
            count(c.subcategory) AS subcategory,
            count(c.category) AS category
        FROM staging.clean_products AS c
        WHERE coalesce(c.problem[2], '') NOT IN ('unreadable_row', 'no_match')
        GROUP BY c.load_file_id
    ) AS n
    CROSS JOIN
        LATERAL (
            VALUES
            ('source_key', n.read - n.source_key),
            ('name', n.read - n.name),
            ('brand', n.read - n.brand),
            ('color', n.read - n.color),
            ('subcategory', n.read - n.subcategory),
            ('category', n.read - n.category)
        ) AS v (field, missing)
    UNION ALL
    SELECT
        n.load_file_id,
        v.field,
        v.missing
    FROM (
        SELECT
            c.load_file_id,
            count(*) AS read,
            count(c.source_key) AS source_key,
            count(c.name) AS name,
            count(c.state) AS state
        FROM staging.clean_stores AS c
        WHERE coalesce(c.problem[2], '') NOT IN ('unreadable_row', 'no_match')
        GROUP BY c.load_file_id
    ) AS n
    CROSS JOIN
        LATERAL (
            VALUES
            ('source_key', n.read - n.source_key),
            ('name', n.read - n.name),
            ('state', n.read - n.state)
        ) AS v (field, missing)
    UNION ALL
    SELECT
        n.load_file_id,
        v.field,
        v.missing
    FROM (
        SELECT
            r.load_file_id,
            count(*) FILTER (WHERE staging.text_of(r.subcategory_key) IS NULL) AS subcategory_key,
            count(*) FILTER (WHERE staging.text_of(r.category_key) IS NULL) AS category_key
        FROM staging.products AS r
        WHERE r.unreadable IS NULL AND r.unmatched IS NULL
        GROUP BY r.load_file_id
    ) AS n
    CROSS JOIN
        LATERAL (
            VALUES
            ('subcategory_key', n.subcategory_key),
            ('category_key', n.category_key)
        ) AS v (field, missing)
    UNION ALL
    SELECT
        r.load_file_id,
        'line_number' AS field,
        count(*) AS missing
    FROM staging.returns AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'line_number')
        AND r.line_number = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'line_number')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'product_key' AS field,
        count(*) AS missing
    FROM staging.returns AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'product_key')
        AND r.product_key = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'product_key')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'quantity' AS field,
        count(*) AS missing
    FROM staging.returns AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'quantity')
        AND r.quantity = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'quantity')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'returned_on' AS field,
        count(*) AS missing
    FROM staging.returns AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'returned_on')
        AND r.returned_on = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'returned_on')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'store_key' AS field,
        count(*) AS missing
    FROM staging.returns AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'store_key')
        AND r.store_key = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'store_key')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        r.load_file_id,
        'refund_amount' AS field,
        count(*) AS missing
    FROM staging.returns AS r
    WHERE
        EXISTS (SELECT 1 FROM empty_cells AS e WHERE e.field = 'refund_amount')
        AND r.refund_amount = any((SELECT e.cells FROM empty_cells AS e WHERE e.field = 'refund_amount')::text[])
    GROUP BY r.load_file_id
    UNION ALL
    SELECT
        n.load_file_id,
        v.field,
        v.missing
    FROM (
        SELECT
            r.load_file_id,
            count(*) FILTER (WHERE staging.text_of(r.source_key) IS NULL) AS source_key,
            count(*) FILTER (WHERE staging.text_of(r.reason) IS NULL) AS reason
        FROM staging.returns AS r
        WHERE r.unreadable IS NULL AND r.unmatched IS NULL
        GROUP BY r.load_file_id
    ) AS n
    CROSS JOIN
        LATERAL (
            VALUES
            ('source_key', n.source_key),
            ('reason', n.reason)
        ) AS v (field, missing)
    UNION ALL
    -- The number of an order is looked at first of all, so that each that is missing has its reject.
    SELECT
        r.load_file_id,
        r.fault_field AS field,
        count(*) AS missing
    FROM crpm.rejects AS r
    INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
    WHERE f.load_id = %(load_id)s AND r.fault_field = 'order_number' AND r.reason_code = 'missing'
    GROUP BY r.load_file_id, r.fault_field
),

treatments (target, field, treatment) AS (
    -- All others are left empty.
    VALUES
    ('customers', 'source_key', 'row rejected'),
    ('customers', 'name', 'row rejected'),
    ('products', 'source_key', 'row rejected'),
    ('products', 'name', 'row rejected'),
    ('products', 'unit_price', 'row rejected'),
    ('products', 'subcategory', 'row rejected'),
    ('products', 'category', 'row rejected'),
    ('products', 'subcategory_key', 'default: the name'),
    ('products', 'category_key', 'default: the name'),
    ('stores', 'source_key', 'row rejected'),
    ('stores', 'country', 'row rejected'),
    ('stores', 'name', 'default: state and country'),
    ('rates', 'rate_date', 'row rejected'),
    ('rates', 'currency_code', 'row rejected'),
    ('rates', 'units_per_base', 'row rejected'),
    ('sales', 'order_number', 'row rejected'),
    ('sales', 'line_number', 'row rejected'),
    ('sales', 'order_date', 'row rejected'),
    ('sales', 'store_key', 'row rejected'),
    ('sales', 'product_key', 'row rejected'),
    ('sales', 'quantity', 'row rejected'),
    ('sales', 'unit_price', 'row rejected'),
    ('sales', 'line_amount', 'row rejected'),
    ('sales', 'customer_key', 'default: walk-in'),
    ('sales', 'currency_code', 'default: currency of the store'),
    ('stock', 'store_key', 'row rejected'),
    ('stock', 'product_key', 'row rejected'),
    ('stock', 'quantity', 'row rejected'),
    ('returns', 'order_number', 'row rejected'),
    ('returns', 'quantity', 'row rejected'),
    ('returns', 'returned_on', 'row rejected'),
    ('returns', 'line_number', 'the product tells the line'),
    ('returns', 'store_key', 'default: store of the order'),
    ('returns', 'reason', 'default: not stated'),
    ('returns', 'refund_amount', 'default: share of what was paid'),
    ('returns', 'source_key', 'default: line and day')
),

-- Several fields may be parts of one column.
named AS (
    SELECT
        f.load_file_id,
        f.missing,
        coalesce(t.treatment, 'left empty') AS treatment,
        n.header || CASE
            WHEN count(*) OVER (PARTITION BY f.load_file_id, n.header) > 1 THEN format(' (%%s)', f.field)
            ELSE ''
        END AS column_name
    FROM found AS f
    INNER JOIN staging.fields AS n ON f.load_file_id = n.load_file_id AND f.field = n.field
    INNER JOIN crpm.load_files AS l ON f.load_file_id = l.load_file_id
    LEFT JOIN treatments AS t ON l.target = t.target AND f.field = t.field
    WHERE f.missing > 0
)

UPDATE crpm.load_files AS l
SET notes = l.notes || jsonb_build_object('missing', m.missing)
FROM (
    SELECT
        n.load_file_id,
        jsonb_object_agg(n.column_name, jsonb_build_object('cells', n.missing, 'done', n.treatment)) AS missing
    FROM named AS n
    GROUP BY n.load_file_id
) AS m
WHERE l.load_file_id = m.load_file_id;
