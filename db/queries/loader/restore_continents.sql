-- Gives countries back the continents that they were on.
UPDATE crpm.countries AS k
SET continent = c.old_values ->> 'continent'
FROM crpm.load_changes AS c
WHERE c.load_id = %(load_id)s AND c.table_name = 'countries' AND k.country_code = c.row_key;
