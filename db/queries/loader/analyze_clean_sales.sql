-- Lets the planner know the lines that were understood, by the columns that they are joined and grouped on.
ANALYZE staging.clean_sales (load_file_id, source_line, outcome, order_number, line_number);
