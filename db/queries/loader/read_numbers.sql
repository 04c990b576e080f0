-- Understands the cells that hold numbers, with a decimal point and with a decimal comma; settle_numbers chooses. NA is a missing number.
WITH written AS MATERIALIZED (
    SELECT
        c.load_file_id,
        c.field,
        c.cell,
        staging.figures_of(c.cell) AS figures
    FROM staging.cells AS c
    WHERE c.kind IN ('number', 'whole')
)

UPDATE staging.cells AS c
SET
    point_value = staging.number_of(w.figures, 'point'),
    comma_value = staging.number_of(w.figures, 'comma'),
    problem = CASE
        WHEN staging.text_of(c.cell) IS NOT NULL AND upper(staging.text_of(c.cell)) <> 'NA' THEN 'unreadable_number'
    END
FROM written AS w
WHERE c.load_file_id = w.load_file_id AND c.field = w.field AND c.cell = w.cell;
