-- Lets somebody sign in, or no more.
UPDATE crpm.users SET is_active = %(is_active)s::boolean WHERE user_name = %(user_name)s::text
