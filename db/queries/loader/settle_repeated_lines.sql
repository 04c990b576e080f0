-- Decides what becomes of order lines that stand in the files more than once: the first counts, the same again is a
-- duplicate, another content is a contradiction.
WITH repeated AS (
    SELECT
        c.order_number,
        c.line_number
    FROM staging.clean_sales AS c
    WHERE c.outcome IS NULL
    GROUP BY c.order_number, c.line_number
    HAVING count(*) > 1
),

ranked AS (
    SELECT
        c.load_file_id,
        c.source_line,
        ARRAY[c.product_id::text, c.quantity::text, c.delivered_on::text, c.line_amount::text] AS content,
        row_number() OVER same_line AS place,
        first_value(c.source_line) OVER same_line AS first_line,
        first_value(c.load_file_id) OVER same_line AS first_file_id,
        first_value(ARRAY[c.product_id::text, c.quantity::text, c.delivered_on::text, c.line_amount::text]) OVER same_line AS first_content
    FROM repeated AS r
    INNER JOIN staging.clean_sales AS c ON r.order_number = c.order_number AND r.line_number = c.line_number
    WHERE c.outcome IS NULL
    WINDOW same_line AS (PARTITION BY c.order_number, c.line_number ORDER BY c.load_file_id, c.source_line)
)

UPDATE staging.clean_sales AS s
SET
    outcome = CASE WHEN r.content = r.first_content THEN 'duplicate' ELSE 'rejected' END,
    problem = CASE
        WHEN r.content <> r.first_content THEN ARRAY[
            NULL,
            'contradicts_line',
            concat_ws(' of ', r.first_line, CASE WHEN r.first_file_id <> r.load_file_id THEN f.file_name END)
        ]
    END
FROM ranked AS r
INNER JOIN crpm.load_files AS f ON r.first_file_id = f.load_file_id
WHERE r.place > 1 AND s.load_file_id = r.load_file_id AND s.source_line = r.source_line;
