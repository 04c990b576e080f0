"""Who may come in: passwords, sessions, the pages to sign in on, and `python -m app user`."""
