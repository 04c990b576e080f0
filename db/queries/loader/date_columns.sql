-- What each column of dates gives away about its order of day and month.
-- Grain: one row per file and column that has a date with the year last. month_first and day_first count the distinct
-- dates that can only be read so, doubtful those that may be either; examples are the first three of each in the file.
WITH readings AS (
    SELECT
        c.load_file_id,
        c.field,
        c.first_line,
        format('line %%s: %%s', c.first_line, c.cell) AS example,
        CASE
            WHEN c.day_first IS NULL THEN 'mdy'
            WHEN c.month_first IS NULL THEN 'dmy'
            WHEN c.month_first <> c.day_first THEN 'either'
            ELSE 'same'
        END AS reading
    FROM staging.cells AS c
    WHERE c.kind = 'date' AND (c.month_first IS NOT NULL OR c.day_first IS NOT NULL)
)

SELECT
    r.load_file_id,
    r.field,
    lf.file_name,
    f.header,
    count(*) FILTER (WHERE r.reading = 'mdy') AS month_first,
    count(*) FILTER (WHERE r.reading = 'dmy') AS day_first,
    count(*) FILTER (WHERE r.reading = 'either') AS doubtful,
    (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.reading = 'mdy'))[1:3] AS month_first_examples,
    (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.reading = 'dmy'))[1:3] AS day_first_examples,
    (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.reading = 'either'))[1:3] AS doubtful_examples
FROM readings AS r
INNER JOIN crpm.load_files AS lf ON r.load_file_id = lf.load_file_id
INNER JOIN staging.fields AS f ON r.load_file_id = f.load_file_id AND r.field = f.field
GROUP BY r.load_file_id, r.field, lf.file_name, f.header
ORDER BY r.load_file_id, r.field;
