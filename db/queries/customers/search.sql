-- Customers by name, e-mail, phone, city or source key, by country, and by whether they are active.
-- Grain: one row per customer but merged ones, whose words find who they were merged into; a filter that is null is off.
-- Sort name: c.sort_name, c.customer_id
-- Sort name descending: c.sort_name DESC, c.customer_id DESC
-- Sort city: lower(c.city), c.sort_name, c.customer_id
-- Sort city descending: lower(c.city) DESC NULLS LAST, c.sort_name, c.customer_id
-- Sort country: n.name, c.sort_name, c.customer_id
-- Sort country descending: n.name DESC NULLS LAST, c.sort_name, c.customer_id
SELECT
    c.customer_id,
    c.name,
    c.email,
    c.city,
    n.name AS country,
    c.is_active
FROM crpm.customers AS c
LEFT JOIN crpm.countries AS n ON c.country_code = n.country_code
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
    AND (%(is_active)s::boolean IS NULL OR c.is_active = %(is_active)s)
ORDER BY c.sort_name, c.customer_id -- sort
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
