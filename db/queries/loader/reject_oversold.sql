-- Rejects the new orders that ask for more than is on hand.
SELECT staging.reject_oversold();
