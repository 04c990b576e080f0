-- Customers who may be the person described: with the same e-mail or phone, or a close name with the same birth date or postal code.
-- Grain: one row per customer but the one given, the strongest likeness first; a merged one stands as who it was merged into.
-- phones are the digits of one phone in the forms in which it is written. A close name shares half of its letter triples.
WITH alike AS (
    SELECT
        c.customer_id,
        1 AS place,
        'same e-mail' AS likeness
    FROM crpm.customers AS c
    WHERE lower(c.email) = lower(%(email)s::text)
    UNION ALL
    SELECT
        c.customer_id,
        2 AS place,
        'same phone' AS likeness
    FROM crpm.customers AS c
    WHERE crpm.phone_digits(c.phone) = any(%(phones)s::text[])
    UNION ALL
    SELECT
        c.customer_id,
        3 AS place,
        'close name, same birth date' AS likeness
    FROM crpm.customers AS c
    WHERE
        c.birth_date = %(birth_date)s::date
        AND similarity(c.sort_name, crpm.fold(%(customer_name)s::text)) >= 0.5
    UNION ALL
    SELECT
        c.customer_id,
        4 AS place,
        'close name, same postal code' AS likeness
    FROM crpm.customers AS c
    WHERE
        crpm.fold(c.postal_code) = crpm.fold(%(postal_code)s::text)
        AND similarity(c.sort_name, crpm.fold(%(customer_name)s::text)) >= 0.5
),

persons AS (
    SELECT
        coalesce(c.merged_into_customer_id, c.customer_id) AS customer_id,
        min(a.place) AS place,
        string_agg(DISTINCT a.likeness, '; ' ORDER BY a.likeness) AS likeness
    FROM alike AS a
    INNER JOIN crpm.customers AS c ON a.customer_id = c.customer_id
    GROUP BY coalesce(c.merged_into_customer_id, c.customer_id)
)

SELECT
    c.customer_id,
    c.name,
    c.email,
    c.phone,
    c.city,
    p.likeness
FROM persons AS p
INNER JOIN crpm.customers AS c ON p.customer_id = c.customer_id
WHERE c.customer_id IS DISTINCT FROM %(customer_id)s::bigint
ORDER BY p.place, c.sort_name, c.customer_id
LIMIT 5
