-- Make a sheet to count a store's shelves on, of one category or all.
-- Grain: one row, its id.
SELECT crpm.make_count_sheet(%(store_id)s::bigint, %(category_id)s::bigint) AS count_sheet_id
