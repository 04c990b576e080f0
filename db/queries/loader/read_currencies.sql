-- Understands the cells that name currencies by their codes.
UPDATE staging.cells AS c
SET
    text_value = k.currency_code,
    problem = CASE WHEN k.currency_code IS NULL AND staging.text_of(c.cell) IS NOT NULL THEN 'unknown_currency' END
FROM staging.cells AS named
LEFT JOIN crpm.currencies AS k ON upper(staging.text_of(named.cell)) = k.currency_code
WHERE
    c.kind = 'currency' AND named.kind = 'currency'
    AND c.load_file_id = named.load_file_id AND c.field = named.field AND c.cell = named.cell;
