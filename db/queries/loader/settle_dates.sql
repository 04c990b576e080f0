-- Reads a column of dates in the order that was decided for it. Dates with the year first need no decision.
UPDATE staging.cells AS c
SET
    date_value = chosen.date_value,
    problem = CASE WHEN chosen.date_value IS NULL THEN c.problem END
FROM (
    SELECT
        d.load_file_id,
        d.field,
        d.cell,
        coalesce(d.year_first, CASE %(date_order)s::text WHEN 'mdy' THEN d.month_first WHEN 'dmy' THEN d.day_first END) AS date_value
    FROM staging.cells AS d
    WHERE
        d.kind = 'date'
        AND (%(load_file_id)s::integer IS NULL OR d.load_file_id = %(load_file_id)s)
        AND (%(field)s::text IS NULL OR d.field = %(field)s)
) AS chosen
WHERE c.load_file_id = chosen.load_file_id AND c.field = chosen.field AND c.cell = chosen.cell;
