-- What each column of dates gives away about its order of day, month and year.
-- Grain: one row per file and column that has a date. orders are those in which all dates make sense that are not sure, readable
-- those in which any does; is_doubtful says whether some date is another day in one of the orders than in the other.
-- may_be_swapped says that no sure date has a day above 12. Where all others have, is_swapped, a spreadsheet took days for months
-- where it could: it would have made those dates too. examples are the first three dates in the file: by the order that alone
-- they make sense in, those that leave a doubt, and those that are sure.
WITH readings AS (
    SELECT
        c.load_file_id,
        c.field,
        c.first_line,
        c.sure_date,
        c.month_first,
        c.day_first,
        c.year_first,
        format('line %%s: %%s', c.first_line, btrim(c.cell)) AS example,
        num_nonnulls(c.month_first, c.day_first, c.year_first) AS ways,
        least(c.month_first, c.day_first, c.year_first) <> greatest(c.month_first, c.day_first, c.year_first) AS is_doubtful
    FROM staging.cells AS c
    WHERE c.kind = 'date' AND num_nonnulls(c.sure_date, c.month_first, c.day_first, c.year_first) > 0
),

columns AS (
    SELECT
        r.load_file_id,
        r.field,
        coalesce(bool_and(r.month_first IS NOT NULL) FILTER (WHERE r.ways > 0), FALSE) AS is_mdy,
        coalesce(bool_and(r.day_first IS NOT NULL) FILTER (WHERE r.ways > 0), FALSE) AS is_dmy,
        coalesce(bool_and(r.year_first IS NOT NULL) FILTER (WHERE r.ways > 0), FALSE) AS is_ymd,
        coalesce(bool_or(r.month_first <> r.day_first), FALSE) AS mdy_differs_from_dmy,
        coalesce(bool_or(r.month_first <> r.year_first), FALSE) AS mdy_differs_from_ymd,
        coalesce(bool_or(r.day_first <> r.year_first), FALSE) AS dmy_differs_from_ymd,
        array_remove(ARRAY[
            CASE WHEN count(r.month_first) > 0 THEN 'mdy' END,
            CASE WHEN count(r.day_first) > 0 THEN 'dmy' END,
            CASE WHEN count(r.year_first) > 0 THEN 'ymd' END
        ], NULL) AS readable,
        coalesce(
            bool_and(extract(DAY FROM r.sure_date) <= 12)
            AND bool_or(extract(DAY FROM r.sure_date) <> extract(MONTH FROM r.sure_date)), FALSE
        ) AS may_be_swapped,
        count(r.month_first) = 0 OR count(r.day_first) = 0 AS are_others_beyond,
        (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.ways = 1 AND r.month_first IS NOT NULL))[1:3] AS mdy_examples,
        (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.ways = 1 AND r.day_first IS NOT NULL))[1:3] AS dmy_examples,
        (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.ways = 1 AND r.year_first IS NOT NULL))[1:3] AS ymd_examples,
        (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.is_doubtful))[1:3] AS doubtful_examples,
        (array_agg(r.example ORDER BY r.first_line) FILTER (WHERE r.sure_date IS NOT NULL))[1:3] AS sure_examples
    FROM readings AS r
    GROUP BY r.load_file_id, r.field
)

SELECT
    k.load_file_id,
    k.field,
    lf.file_name,
    f.header,
    array_remove(ARRAY[
        CASE WHEN k.is_mdy THEN 'mdy' END,
        CASE WHEN k.is_dmy THEN 'dmy' END,
        CASE WHEN k.is_ymd THEN 'ymd' END
    ], NULL) AS orders,
    k.readable,
    k.is_mdy AND k.is_dmy AND k.mdy_differs_from_dmy
    OR k.is_mdy AND k.is_ymd AND k.mdy_differs_from_ymd
    OR k.is_dmy AND k.is_ymd AND k.dmy_differs_from_ymd AS is_doubtful,
    k.may_be_swapped,
    k.may_be_swapped AND k.are_others_beyond AND (k.is_mdy OR k.is_dmy) AS is_swapped,
    jsonb_strip_nulls(jsonb_build_object(
        'mdy', k.mdy_examples, 'dmy', k.dmy_examples, 'ymd', k.ymd_examples, 'doubtful', k.doubtful_examples, 'sure', k.sure_examples
    )) AS examples
FROM columns AS k
INNER JOIN crpm.load_files AS lf ON k.load_file_id = lf.load_file_id
INNER JOIN staging.fields AS f ON k.load_file_id = f.load_file_id AND k.field = f.field
ORDER BY k.load_file_id, k.field;
