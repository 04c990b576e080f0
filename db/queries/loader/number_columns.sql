-- What each column of numbers gives away about its decimals: whether they stand behind a point or a comma.
-- Grain: one row per file and column that has a number. point and comma count the distinct cells that can only be read so,
-- doubtful those that mean something else in either way; examples are the first three of each in the file. whole_by_point and
-- whole_by_comma count, in a column of whole numbers, the doubtful cells that are whole in that way only. Numbers of lines that the
-- loader itself gives have no header.
WITH readings AS (
    SELECT
        c.load_file_id,
        c.field,
        c.first_line,
        format('line %%s: %%s', c.first_line, btrim(c.cell)) AS example,
        CASE
            WHEN c.comma_value IS NULL THEN 'point'
            WHEN c.point_value IS NULL THEN 'comma'
            WHEN c.point_value <> c.comma_value THEN 'either'
            ELSE 'same'
        END AS reading,
        c.kind = 'whole' AND c.point_value = trunc(c.point_value) AS is_whole_by_point,
        c.kind = 'whole' AND c.comma_value = trunc(c.comma_value) AS is_whole_by_comma
    FROM staging.cells AS c
    WHERE c.kind IN ('number', 'whole') AND (c.point_value IS NOT NULL OR c.comma_value IS NOT NULL)
)

SELECT
    r.load_file_id,
    r.field,
    lf.file_name,
    coalesce(f.header, r.field) AS header,
    count(*) FILTER (WHERE r.reading = 'point') AS point,
    count(*) FILTER (WHERE r.reading = 'comma') AS comma,
    count(*) FILTER (WHERE r.reading = 'either') AS doubtful,
    count(*) FILTER (WHERE r.reading = 'either' AND r.is_whole_by_point AND NOT r.is_whole_by_comma) AS whole_by_point,
    count(*) FILTER (WHERE r.reading = 'either' AND r.is_whole_by_comma AND NOT r.is_whole_by_point) AS whole_by_comma,
    (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.reading = 'point'))[1:3] AS point_examples,
    (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.reading = 'comma'))[1:3] AS comma_examples,
    (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.reading = 'either'))[1:3] AS doubtful_examples
FROM readings AS r
INNER JOIN crpm.load_files AS lf ON r.load_file_id = lf.load_file_id
LEFT JOIN staging.fields AS f ON r.load_file_id = f.load_file_id AND r.field = f.field
GROUP BY r.load_file_id, r.field, lf.file_name, f.header
ORDER BY r.load_file_id, r.field;
