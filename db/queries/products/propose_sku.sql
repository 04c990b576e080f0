-- A SKU that no product has yet, such as P-00042: the next number of a product.
-- Grain: one row.
WITH numbers AS (
    SELECT generate_series(latest.product_id + 1, latest.product_id + 10000) AS number
    FROM (SELECT coalesce(max(p.product_id), 0) AS product_id FROM crpm.products AS p) AS latest
),

proposals AS (
    SELECT
        n.number,
        'P-' || lpad(n.number::text, greatest(5, length(n.number::text)), '0') AS sku
    FROM numbers AS n
)

SELECT c.sku
FROM proposals AS c
WHERE NOT EXISTS (SELECT 1 FROM crpm.products AS p WHERE p.sku = c.sku)
ORDER BY c.number
LIMIT 1
