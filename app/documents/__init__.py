"""What leaves the app on paper or as a file: receipts, and lists as CSV and Excel files."""
