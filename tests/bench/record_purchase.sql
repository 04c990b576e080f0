\set store random(1, 10)
\set customer random(1, 15000)
\set a {product}
\set b {product}
\set c {product}
SELECT order_id FROM crpm.record_purchase(:store, ARRAY[:a, :b, :c]::bigint[], ARRAY[1, 2, 1]::numeric[], gen_random_uuid(), :customer);
