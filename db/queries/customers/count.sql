-- How many customers customers/search finds in all, counted up to 10,001.
-- Grain: one row.
SELECT count(*) AS found
FROM (
    SELECT c.customer_id
    FROM crpm.customers AS c
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
    LIMIT 10001
) AS counted
