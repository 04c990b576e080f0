-- What figures can be filtered by: stores, the countries of stores and customers, categories.
-- Grain: one row per choice; kind is store, country or category.
WITH used_countries AS (
    SELECT st.country_code
    FROM crpm.stores AS st
    UNION
    SELECT c.country_code
    FROM crpm.customers AS c
),

choices AS (
    SELECT
        'store' AS kind,
        st.store_id::text AS value,
        st.name AS label
    FROM crpm.stores AS st
    UNION ALL
    SELECT
        'country' AS kind,
        co.country_code AS value,
        co.name AS label
    FROM crpm.countries AS co
    INNER JOIN used_countries AS u ON co.country_code = u.country_code
    UNION ALL
    SELECT
        'category' AS kind,
        c.category_id::text AS value,
        c.name AS label
    FROM crpm.categories AS c
)

SELECT
    c.kind,
    c.value,
    c.label
FROM choices AS c
ORDER BY c.kind, crpm.fold(c.label), c.value
LIMIT 5000;
