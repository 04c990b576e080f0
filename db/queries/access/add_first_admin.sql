-- Adds the first user, an administrator.
-- Grain: one row.
SELECT crpm.add_first_admin(p_user_name => %(user_name)s::text, p_password_hash => %(password_hash)s::text) AS added
