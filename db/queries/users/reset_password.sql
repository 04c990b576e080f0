-- Sets a user's password.
UPDATE crpm.users SET password_hash = %(password_hash)s::text WHERE user_name = %(user_name)s::text
