-- Takes the keys and indexes off orders and their lines where there are none yet: rows go in several times faster without.
-- Grain: one row, whether it did.
SELECT staging.take_keys_off();
