-- Understands the cells that hold numbers; kind whole takes no fractions, but 595.0 is 595. NA is a missing number.
WITH numbers AS (
    SELECT
        c.load_file_id,
        c.field,
        c.cell,
        staging.number_of(c.cell) AS number_value,
        staging.text_of(c.cell) IS NULL OR upper(staging.text_of(c.cell)) = 'NA' AS is_missing
    FROM staging.cells AS c
    WHERE c.kind IN ('number', 'whole')
)

UPDATE staging.cells AS c
SET
    number_value = n.number_value,
    problem = CASE
        WHEN n.is_missing THEN NULL
        WHEN n.number_value IS NULL THEN 'unreadable_number'
        WHEN c.kind = 'whole' AND (n.number_value <> trunc(n.number_value) OR abs(n.number_value) > 1000000000) THEN 'not_whole'
    END
FROM numbers AS n
WHERE c.load_file_id = n.load_file_id AND c.field = n.field AND c.cell = n.cell;
