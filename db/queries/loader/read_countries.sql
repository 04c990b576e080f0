-- Understands the cells that name countries. "Online" is no country, but where the online shop of a file is.
UPDATE staging.cells AS c
SET
    text_value = n.country_code,
    problem = CASE
        WHEN n.country_code IS NULL AND staging.text_of(c.cell) IS NOT NULL AND lower(staging.text_of(c.cell)) <> 'online'
            THEN 'unknown_country'
    END
FROM staging.cells AS named
LEFT JOIN staging.country_names AS n ON crpm.fold(staging.text_of(named.cell)) = n.name
WHERE
    c.kind = 'country' AND named.kind = 'country'
    AND c.load_file_id = named.load_file_id AND c.field = named.field AND c.cell = named.cell;
