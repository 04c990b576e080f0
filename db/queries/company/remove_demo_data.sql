-- Takes the demo out as a whole; refused where the data is not the demo.
-- Grain: one row.
SELECT crpm.remove_demo_data()
