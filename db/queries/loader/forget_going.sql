-- Empties the list of records that go.
TRUNCATE staging.going;
