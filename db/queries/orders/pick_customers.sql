-- Customers whose name, e-mail, phone, city or key contains what was typed, for the till.
-- Grain: one row per active customer but merged ones, whose words find who they were merged into; those whose name begins with it first.
SELECT
    c.customer_id,
    c.name,
    coalesce(c.email, c.phone, c.city, '') AS hint
FROM crpm.customers AS c
WHERE
    c.is_active
    AND c.merged_into_customer_id IS NULL
    AND (
        c.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        OR c.customer_id = any(array(
            SELECT d.merged_into_customer_id
            FROM crpm.customers AS d
            WHERE d.merged_into_customer_id IS NOT NULL AND d.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        ))
    )
ORDER BY c.sort_name LIKE crpm.fold(%(pattern)s::text) || '%%' DESC, c.sort_name, c.customer_id
LIMIT 12
