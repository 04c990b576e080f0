-- Puts back the keys and indexes that take_keys_off has taken off, the foreign keys checked for all rows at once.
SELECT staging.put_keys_back();
