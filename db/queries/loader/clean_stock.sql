-- Understands rows about counted stock and finds what is wrong with them.
-- Grain: one row per row read. Store and product are the key. A pair that has stock records keeps them: only the same
-- opening count again is no contradiction.
INSERT INTO staging.clean_stock (
    load_file_id, source_line, outcome, problem, source_key, source_hash, record_id, recorded_hash,
    store_id, product_id, quantity
)
WITH typed AS (
    SELECT
        r.load_file_id,
        r.source_line,
        r.unreadable,
        store.problem AS store_problem,
        store.record_id AS store_id,
        product.problem AS product_problem,
        product.record_id AS product_id,
        quantity.problem AS quantity_problem,
        CASE WHEN quantity.problem IS NULL THEN quantity.number_value::integer END AS quantity
    FROM staging.stock AS r
    LEFT JOIN staging.cells AS store
        ON r.load_file_id = store.load_file_id AND store.field = 'store_key' AND r.store_key = store.cell
    LEFT JOIN staging.cells AS product
        ON r.load_file_id = product.load_file_id AND product.field = 'product_key' AND r.product_key = product.cell
    LEFT JOIN staging.cells AS quantity
        ON r.load_file_id = quantity.load_file_id AND quantity.field = 'quantity' AND r.quantity = quantity.cell
),

o AS (
    SELECT
        m.store_id,
        m.product_id,
        sum(m.quantity)::integer AS quantity
    FROM crpm.stock_movements AS m
    WHERE m.movement_type = 'opening'
    GROUP BY m.store_id, m.product_id
),

compared AS (
    SELECT
        t.*,
        CASE WHEN l.store_id IS NOT NULL THEN coalesce(o.quantity, 0) END AS opened_with
    FROM typed AS t
    LEFT JOIN crpm.stock_levels AS l ON t.store_id = l.store_id AND t.product_id = l.product_id
    LEFT JOIN o ON l.store_id = o.store_id AND l.product_id = o.product_id
),

checked AS (
    SELECT
        c.*,
        CASE
            WHEN c.unreadable IS NOT NULL THEN ARRAY[NULL, 'unreadable_row', c.unreadable]
            WHEN c.store_problem IS NOT NULL THEN ARRAY['store_key', c.store_problem]
            WHEN c.store_id IS NULL THEN ARRAY['store_key', 'missing']
            WHEN c.product_problem IS NOT NULL THEN ARRAY['product_key', c.product_problem]
            WHEN c.product_id IS NULL THEN ARRAY['product_key', 'missing']
            WHEN c.quantity_problem IS NOT NULL THEN ARRAY['quantity', c.quantity_problem]
            WHEN c.quantity IS NULL THEN ARRAY['quantity', 'missing']
            WHEN c.quantity < 0 THEN ARRAY['quantity', 'negative']
            WHEN c.quantity <> c.opened_with THEN ARRAY['quantity', 'stock_is_counted', c.opened_with::text]
        END AS problem
    FROM compared AS c
)

SELECT
    c.load_file_id,
    c.source_line,
    CASE WHEN c.problem IS NOT NULL THEN 'rejected' END AS outcome,
    c.problem,
    c.store_id || '/' || c.product_id AS source_key,
    c.quantity::text AS source_hash,
    CASE WHEN c.opened_with IS NOT NULL THEN 0 END AS record_id,
    c.opened_with::text AS recorded_hash,
    c.store_id,
    c.product_id,
    c.quantity
FROM checked AS c;
