-- Products whose name, SKU or brand contains what was typed, or whose barcode it is, with price and stock at the till's store.
-- Grain: one row per active product; is_exact marks the one whose barcode or SKU was typed in full.
-- The price is at the latest rate there is, however old; whether that may still serve a sale is said when it is priced.
WITH chosen AS (
    SELECT
        b.base_currency_code,
        coalesce(%(currency_code)s::text, s.currency_code, b.base_currency_code) AS currency_code
    FROM crpm.settings AS b
    LEFT JOIN crpm.stores AS s ON s.store_id = %(store_id)s::bigint
),

till AS (
    SELECT
        c.currency_code,
        CASE WHEN c.currency_code = c.base_currency_code THEN 1 ELSE r.units_per_base END AS rate
    FROM chosen AS c
    LEFT JOIN crpm.exchange_rates AS r ON c.currency_code = r.currency_code AND r.rate_date <= current_date
    ORDER BY r.rate_date DESC
    LIMIT 1
),

found AS (
    SELECT
        p.product_id,
        p.sku,
        p.name,
        p.sort_name,
        b.barcode IS NOT NULL OR lower(p.sku) = lower(%(text)s::text) AS is_exact,
        p.sort_name LIKE crpm.fold(%(pattern)s::text) || '%%' AS is_beginning
    FROM crpm.products AS p
    LEFT JOIN crpm.product_barcodes AS b ON p.product_id = b.product_id AND b.barcode = %(text)s::text
    WHERE
        p.is_active
        AND (
            p.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
            OR p.product_id = (SELECT x.product_id FROM crpm.product_barcodes AS x WHERE x.barcode = %(text)s::text)
        )
    ORDER BY is_exact DESC, is_beginning DESC, p.sort_name, p.product_id
    LIMIT 12
)

SELECT
    f.product_id,
    f.sku,
    f.name,
    price.unit_price,
    t.currency_code,
    coalesce(s.on_hand, 0) AS on_hand,
    f.is_exact
FROM found AS f
CROSS JOIN till AS t
CROSS JOIN LATERAL crpm.price_of(f.product_id, t.currency_code, t.rate) AS price
LEFT JOIN crpm.stock_levels AS s ON s.store_id = %(store_id)s::bigint AND f.product_id = s.product_id
ORDER BY f.is_exact DESC, f.is_beginning DESC, f.sort_name, f.product_id
