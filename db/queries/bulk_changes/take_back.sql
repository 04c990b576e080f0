-- Give the products of a bulk change what they had before, but those that somebody has changed since.
-- Grain: one row without content.
SELECT crpm.take_back_bulk_change(%(bulk_change_id)s)
