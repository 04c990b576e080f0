-- Reads a column of dates in the order that was decided for it. Dates that are sure need no decision, unless a spreadsheet
-- has swapped their days and months and they are to be swapped back.
UPDATE staging.cells AS c
SET
    date_value = chosen.date_value,
    problem = CASE WHEN chosen.date_value IS NULL THEN c.problem END
FROM (
    SELECT
        d.load_file_id,
        d.field,
        d.cell,
        CASE
            WHEN d.sure_date IS NOT NULL AND %(is_swapped_back)s
                THEN
                    make_date(
                        extract(YEAR FROM d.sure_date)::integer,
                        extract(DAY FROM d.sure_date)::integer,
                        extract(MONTH FROM d.sure_date)::integer
                    )
            WHEN d.sure_date IS NOT NULL THEN d.sure_date
            ELSE CASE %(date_order)s::text WHEN 'mdy' THEN d.month_first WHEN 'dmy' THEN d.day_first WHEN 'ymd' THEN d.year_first END
        END AS date_value
    FROM staging.cells AS d
    WHERE
        d.kind = 'date'
        AND (%(load_file_id)s::integer IS NULL OR d.load_file_id = %(load_file_id)s)
        AND (%(field)s::text IS NULL OR d.field = %(field)s)
) AS chosen
WHERE c.load_file_id = chosen.load_file_id AND c.field = chosen.field AND c.cell = chosen.cell;
