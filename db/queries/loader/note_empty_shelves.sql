-- Notes the counts of files that found nothing: a level of zero says that it was counted.
INSERT INTO crpm.stock_levels (store_id, product_id, on_hand)
SELECT
    c.store_id,
    c.product_id,
    0 AS on_hand
FROM staging.clean_stock AS c
WHERE c.outcome IS NULL AND c.quantity = 0
ORDER BY c.product_id, c.store_id;
