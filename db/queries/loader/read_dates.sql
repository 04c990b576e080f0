-- Understands the cells that hold dates, in each way that a cell may be read; settle_dates chooses among them.
-- A year of two digits is of the century that makes sense: nobody is born in the future, and nothing was sold there, or
-- before the first store opened, or in the time before 1970. At a store it may be a day later than here.
WITH opened AS (
    SELECT min(s.opened_on) AS opened_on
    FROM crpm.stores AS s
    UNION ALL
    SELECT min(least(d.sure_date, d.year_first, d.month_first, d.day_first)) AS opened_on
    FROM staging.cells AS c
    CROSS JOIN LATERAL staging.days_of(c.cell, current_date - 36500, current_date + 730) AS d
    WHERE c.field = 'opened_on'
),

sales AS (
    SELECT greatest(min(o.opened_on), '1970-01-01') AS earliest
    FROM opened AS o
),

limits (field, earliest, latest) AS (
    VALUES
    ('birth_date', current_date - 40000, current_date),
    ('opened_on', current_date - 36500, current_date + 730),
    ('rate_date', DATE '1970-01-01', current_date + 1),
    ('delivered_on', NULL, current_date + 365)
),

days AS MATERIALIZED (
    SELECT
        c.load_file_id,
        c.field,
        c.cell,
        d.sure_date,
        d.year_first,
        d.month_first,
        d.day_first,
        d.problem
    FROM staging.cells AS c
    CROSS JOIN sales AS s
    LEFT JOIN limits AS l ON c.field = l.field
    CROSS JOIN
        LATERAL staging.days_of(c.cell, coalesce(l.earliest, s.earliest), coalesce(l.latest, current_date + 1)) AS d
    WHERE c.kind = 'date'
)

UPDATE staging.cells AS c
SET
    sure_date = d.sure_date,
    year_first = d.year_first,
    month_first = d.month_first,
    day_first = d.day_first,
    problem = CASE
        WHEN num_nonnulls(d.sure_date, d.year_first, d.month_first, d.day_first) > 0 THEN 'impossible_date'
        ELSE d.problem
    END
FROM days AS d
WHERE c.load_file_id = d.load_file_id AND c.field = d.field AND c.cell = d.cell;
