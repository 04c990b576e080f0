-- Rejects returns of more than was bought or paid, and prices the others.
SELECT staging.settle_returns();
