-- Countries whose name contains what was typed, for the form.
-- Grain: one row per country, those whose name begins with it first.
SELECT
    n.country_code,
    n.name
FROM crpm.countries AS n
WHERE crpm.fold(n.name) LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
ORDER BY crpm.fold(n.name) LIKE crpm.fold(%(pattern)s::text) || '%%' DESC, n.name
LIMIT 20
