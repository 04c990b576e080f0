-- How many entries activity/search finds in all, counted up to 10,001.
-- Grain: one row.
WITH zone AS (
    SELECT coalesce(max(s.time_zone), 'UTC') AS time_zone
    FROM crpm.settings AS s
)

SELECT count(*) AS found
FROM (
    SELECT a.entry
    FROM crpm.activity AS a
    CROSS JOIN zone AS z
    WHERE
        (%(from_on)s::date IS NULL OR a.happened_at >= %(from_on)s::date::timestamp AT TIME ZONE z.time_zone)
        AND (%(to_on)s::date IS NULL OR a.happened_at < (%(to_on)s::date + 1)::timestamp AT TIME ZONE z.time_zone)
        AND (%(acted_by)s::text IS NULL OR a.acted_by = %(acted_by)s)
        AND (%(channel)s::text IS NULL OR a.channel = %(channel)s)
        AND (%(record_type)s::text IS NULL OR a.record_type = %(record_type)s)
        AND (%(record_key)s::text IS NULL OR a.record_key = %(record_key)s)
    LIMIT 10001
) AS counted
