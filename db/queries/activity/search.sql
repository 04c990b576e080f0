-- Who did what, the latest first, by person, kind of record, record, channel and the days of the business's clock.
-- Grain: one row per entry; happened_at as the business's clock showed it; a filter that is null is off.
WITH zone AS (
    SELECT coalesce(max(s.time_zone), 'UTC') AS time_zone
    FROM crpm.settings AS s
)

SELECT
    a.happened_at AT TIME ZONE z.time_zone AS happened_at,
    a.acted_by,
    a.channel,
    a.record_type,
    a.record_key,
    a.action,
    a.old_values,
    a.new_values
FROM crpm.activity AS a
CROSS JOIN zone AS z
WHERE
    (%(from_on)s::date IS NULL OR a.happened_at >= %(from_on)s::date::timestamp AT TIME ZONE z.time_zone)
    AND (%(to_on)s::date IS NULL OR a.happened_at < (%(to_on)s::date + 1)::timestamp AT TIME ZONE z.time_zone)
    AND (%(acted_by)s::text IS NULL OR a.acted_by = %(acted_by)s)
    AND (%(channel)s::text IS NULL OR a.channel = %(channel)s)
    AND (%(record_type)s::text IS NULL OR a.record_type = %(record_type)s)
    AND (%(record_key)s::text IS NULL OR a.record_key = %(record_key)s)
ORDER BY a.happened_at DESC, a.entry DESC, a.record_type, a.record_key, a.action
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
