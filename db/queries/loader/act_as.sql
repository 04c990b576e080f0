-- Acts as somebody for the rest of the transaction: role, name, and through what.
-- Grain: one row.
SELECT
    set_config('role', %(role)s, TRUE) AS role_name,
    set_config('crpm.user_name', %(user_name)s, TRUE) AS user_name,
    set_config('crpm.channel', %(channel)s, TRUE) AS channel;
