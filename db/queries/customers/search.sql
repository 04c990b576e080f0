-- Customers by name, e-mail, phone, city or source key, by where they live, gender, age, and whether they are active.
-- Grain: one row per customer but merged ones, whose words find who they were merged into; a filter that is null is off.
-- nearly is text of which most is in the words, for what was typed wrong. city is the beginning of its name; gender may be "not known". from_age and below_age are full years.
-- segment is that of the last time segments were worked out (crpm.refresh_segments).
-- Who has no city comes last in the order of cities, and first in its reverse. That of countries is for at most 10,000.
-- Keys name: c.sort_name; c.customer_id
-- Keys city: c.sort_city; c.sort_name; c.customer_id
-- Sort country: n.name, c.sort_name, c.customer_id
-- Sort country descending: n.name DESC NULLS LAST, c.sort_name, c.customer_id
-- Anchor: crpm.customers AS c WHERE c.customer_id = %(anchor)s::bigint
SELECT
    c.customer_id,
    c.name,
    c.email,
    c.city,
    n.name AS country,
    c.is_active
FROM crpm.customers AS c
LEFT JOIN crpm.countries AS n ON c.country_code = n.country_code
LEFT JOIN crpm.customer_segments AS g ON c.customer_id = g.customer_id
WHERE
    c.merged_into_customer_id IS NULL
    AND (
        %(pattern)s::text IS NULL
        OR c.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        OR c.customer_id = any(array(
            SELECT d.merged_into_customer_id
            FROM crpm.customers AS d
            WHERE d.merged_into_customer_id IS NOT NULL AND d.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        ))
    )
    AND (%(country_code)s::text IS NULL OR c.country_code = %(country_code)s)
    AND (%(state)s::text IS NULL OR c.state = %(state)s)
    AND (%(city)s::text IS NULL OR c.sort_city >= crpm.fold(%(city)s::text))
    AND (%(city)s::text IS NULL OR c.sort_city < crpm.fold(%(city)s::text) || chr(1114111))
    AND (%(gender)s::text IS NULL OR coalesce(c.gender, 'not known') = %(gender)s)
    AND (%(from_age)s::integer IS NULL OR c.birth_date <= coalesce(%(age_on)s::date, current_date) - make_interval(years => %(from_age)s))
    AND (%(below_age)s::integer IS NULL OR c.birth_date > coalesce(%(age_on)s::date, current_date) - make_interval(years => %(below_age)s))
    AND (%(has_birth_date)s::boolean IS NULL OR (c.birth_date IS NOT NULL) = %(has_birth_date)s)
    AND (%(is_active)s::boolean IS NULL OR c.is_active = %(is_active)s)
    AND (%(nearly)s::text IS NULL OR crpm.is_nearly(%(nearly)s::text, c.search_text))
    AND (%(segment)s::text IS NULL OR g.segment = %(segment)s)
    -- after
ORDER BY c.sort_name, c.customer_id -- sort
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
