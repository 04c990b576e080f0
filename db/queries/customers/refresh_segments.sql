-- When the segments of customers were worked out: now, where that was longer ago than an hour. It takes seconds at a million customers.
-- Grain: one row.
SELECT crpm.refresh_segments(interval '1 hour') AS refreshed_at
