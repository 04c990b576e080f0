-- Sets the password of somebody who has given the old one.
-- Grain: one row.
SELECT crpm.set_password(p_user_name => %(user_name)s::text, p_password_hash => %(password_hash)s::text) AS is_set
