-- Decides what becomes of lines whose order is recorded: the same line again is a duplicate, or an update where it brings
-- the day of delivery; another content is a contradiction; a line that the order lacks is left to be loaded.
WITH compared AS (
    SELECT
        c.load_file_id,
        c.source_line,
        CASE
            WHEN o.contradiction IS NOT NULL THEN o.contradiction
            WHEN l.product_id <> c.product_id
                THEN ARRAY['product_key', 'contradicts_order', kept.sku]
            WHEN l.quantity <> c.quantity THEN ARRAY['quantity', 'contradicts_order', l.quantity::text]
            -- A list price may have changed since; what the file itself says was charged may not.
            WHEN c.price_field IS NOT NULL AND l.line_amount <> c.line_amount
                THEN ARRAY[c.price_field, 'contradicts_order', l.line_amount::text]
        END AS problem,
        l.line_number IS NULL AS is_new,
        o.becomes_delivered
    FROM staging.clean_sales AS c
    INNER JOIN staging.orders AS o ON c.order_number = o.order_number
    LEFT JOIN crpm.order_lines AS l
        ON o.store_id = l.store_id AND o.order_id = l.order_id AND c.line_number = l.line_number
    LEFT JOIN crpm.products AS kept ON l.product_id = kept.product_id
    WHERE c.outcome IS NULL AND o.is_recorded
)

UPDATE staging.clean_sales AS s
SET
    outcome = CASE
        WHEN d.problem IS NOT NULL THEN 'rejected'
        WHEN d.becomes_delivered THEN 'updated'
        ELSE 'duplicate'
    END,
    problem = d.problem
FROM compared AS d
WHERE
    s.load_file_id = d.load_file_id AND s.source_line = d.source_line
    AND (d.problem IS NOT NULL OR NOT d.is_new);
