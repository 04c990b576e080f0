-- Understands the cells that hold numbers, with a decimal point and with a decimal comma; settle_numbers chooses.
-- A plain number with a point in an Excel file is one with decimals, whatever is usual where it was made.
WITH written AS MATERIALIZED (
    SELECT
        c.load_file_id,
        c.field,
        c.cell,
        staging.figures_of(c.cell) AS figures,
        lf.encoding = 'xlsx' AND c.cell ~ '^-?[0-9]+[.][0-9]+$' AS is_excel_number
    FROM staging.cells AS c
    INNER JOIN crpm.load_files AS lf ON c.load_file_id = lf.load_file_id
    WHERE c.kind IN ('number', 'whole')
)

UPDATE staging.cells AS c
SET
    point_value = staging.number_of(w.figures, 'point'),
    comma_value = CASE WHEN NOT w.is_excel_number THEN staging.number_of(w.figures, 'comma') END,
    problem = CASE WHEN staging.value_of(c.cell) IS NOT NULL THEN 'unreadable_number' END
FROM written AS w
WHERE c.load_file_id = w.load_file_id AND c.field = w.field AND c.cell = w.cell;
