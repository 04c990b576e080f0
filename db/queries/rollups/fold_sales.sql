-- Works out the rollups of a month whose sales have changed; see crpm.fold_sales.
-- Grain: one row; month is null where there is none left.
SELECT crpm.fold_sales() AS month;
