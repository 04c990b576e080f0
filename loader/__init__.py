"""Files in, accounted rows out: reading, staging, publishing, and the demo data."""
