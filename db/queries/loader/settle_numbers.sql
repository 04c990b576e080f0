-- Reads a column of numbers with the decimal point or comma that was decided for it. Kind whole takes no fractions, but 595.0 is 595.
UPDATE staging.cells AS c
SET
    number_value = chosen.number_value,
    problem = CASE
        WHEN chosen.number_value IS NULL THEN c.problem
        WHEN c.kind = 'whole' AND (chosen.number_value <> trunc(chosen.number_value) OR abs(chosen.number_value) > 1000000000)
            THEN 'not_whole'
    END
FROM (
    SELECT
        n.load_file_id,
        n.field,
        n.cell,
        CASE %(decimal)s::text WHEN 'comma' THEN n.comma_value ELSE n.point_value END AS number_value
    FROM staging.cells AS n
    WHERE n.load_file_id = %(load_file_id)s AND n.field = %(field)s
) AS chosen
WHERE c.load_file_id = chosen.load_file_id AND c.field = chosen.field AND c.cell = chosen.cell;
