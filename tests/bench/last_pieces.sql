\set a random(5, 9)
\set b random(5, 9)
\set c random(5, 9)
\set d random(5, 9)
DO $$
DECLARE
    v_rule text;
BEGIN
    PERFORM crpm.record_purchase(2, ARRAY[:a, :b, :c]::bigint[], ARRAY[1, 1, 1]::numeric[], gen_random_uuid());
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS v_rule = CONSTRAINT_NAME;
    IF v_rule <> 'stock_levels_on_hand_is_not_negative' THEN
        RAISE;
    END IF;
END
$$;
DO $$
DECLARE
    v_rule text;
BEGIN
    PERFORM crpm.record_purchase(2, ARRAY[:d]::bigint[], ARRAY[1]::numeric[], gen_random_uuid());
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS v_rule = CONSTRAINT_NAME;
    IF v_rule <> 'stock_levels_on_hand_is_not_negative' THEN
        RAISE;
    END IF;
END
$$;
