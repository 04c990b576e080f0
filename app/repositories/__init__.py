"""One class a module of the business: its rows, and one method for each query file."""
