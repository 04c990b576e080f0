"""The database: its schema, its queries and the server that runs them."""
