-- Opens a session for somebody whose password was right.
-- Grain: one row.
SELECT
    crpm.open_session(
        p_user_name => %(user_name)s::text, p_address => %(address)s::text, p_session_hash => %(session_hash)s::text
    ) AS opened
