-- Lets the planner know how many rows were read; of the cells it need not know.
ANALYZE
staging.customers (load_file_id, source_line), staging.products (load_file_id, source_line),
staging.stores (load_file_id, source_line), staging.rates (load_file_id, source_line),
staging.sales (load_file_id, source_line), staging.stock (load_file_id, source_line),
staging.returns (load_file_id, source_line);
