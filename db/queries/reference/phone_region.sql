-- The country in which a phone typed without its country's code is meant: the store's, else that of all shops if it is one.
-- Grain: one row, null where the shops are in several countries or there is none.
SELECT CASE WHEN count(DISTINCT s.country_code) = 1 THEN min(s.country_code) END AS country_code
FROM crpm.stores AS s
WHERE
    s.is_active AND s.store_id = coalesce(
        (SELECT t.store_id FROM crpm.stores AS t WHERE t.store_id = %(store_id)s::bigint AND t.country_code IS NOT NULL),
        s.store_id
    )
