-- Close a store's day, or correct its close by the next version.
-- Grain: one row, the version.
SELECT
    crpm.close_day(
        p_store_id => %(store_id)s::bigint,
        p_business_day => %(day)s::date,
        p_currency_codes => %(currency_codes)s::text[],
        p_methods => %(methods)s::text[],
        p_counted => %(counted)s::numeric[],
        p_expected => %(expected)s::numeric[],
        p_follows_version => %(follows_version)s::integer,
        p_reason => %(reason)s::text
    ) AS version
