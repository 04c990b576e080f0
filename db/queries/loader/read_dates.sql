-- Understands the cells that hold dates, in each way that a cell may be read; settle_dates chooses among them.
-- A time behind the date is left out. 0/0/0 and NA are missing dates.
WITH texts AS MATERIALIZED (
    SELECT
        c.load_file_id,
        c.field,
        c.cell,
        staging.text_of(c.cell) AS text_value
    FROM staging.cells AS c
    WHERE c.kind = 'date'
),

parts AS MATERIALIZED (
    SELECT
        t.load_file_id,
        t.field,
        t.cell,
        t.text_value IS NULL OR upper(t.text_value) = 'NA' OR t.text_value ~ '^0+[-/.]0+[-/.]0+$' AS is_missing,
        regexp_match(
            t.text_value, '^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[ T][0-9]{1,2}:[0-9]{2}.*)?$'
        )::integer[] AS year_first,
        regexp_match(
            t.text_value, '^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})(?:[ T][0-9]{1,2}:[0-9]{2}.*)?$'
        )::integer[] AS year_last
    FROM texts AS t
)

UPDATE staging.cells AS c
SET
    year_first = staging.day_of(p.year_first[1], p.year_first[2], p.year_first[3]),
    month_first = staging.day_of(p.year_last[3], p.year_last[1], p.year_last[2]),
    day_first = staging.day_of(p.year_last[3], p.year_last[2], p.year_last[1]),
    problem = CASE
        WHEN p.is_missing THEN NULL
        WHEN p.year_first IS NULL AND p.year_last IS NULL THEN 'unreadable_date'
        ELSE 'impossible_date'
    END
FROM parts AS p
WHERE c.load_file_id = p.load_file_id AND c.field = p.field AND c.cell = p.cell;
