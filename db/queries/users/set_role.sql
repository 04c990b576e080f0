-- Gives a user another role.
UPDATE crpm.users SET role_name = %(role_name)s::text WHERE user_name = %(user_name)s::text
