-- Numbers the lines of sales whose files do not number them: by the order of files and rows within each order.
UPDATE staging.sales AS s
SET line_number = n.line_number::text
FROM (
    SELECT
        r.load_file_id,
        r.source_line,
        row_number() OVER (
            PARTITION BY staging.text_of(r.order_number) ORDER BY r.load_file_id, r.source_line
        ) AS line_number
    FROM staging.sales AS r
    WHERE r.line_number IS NULL AND r.unreadable IS NULL
) AS n
WHERE s.load_file_id = n.load_file_id AND s.source_line = n.source_line;
