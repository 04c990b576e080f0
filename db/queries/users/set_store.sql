-- Ties a user to a store, or to none.
UPDATE crpm.users SET store_id = %(store_id)s::bigint WHERE user_name = %(user_name)s::text
