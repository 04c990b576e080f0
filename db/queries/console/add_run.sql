-- Notes that whoever asks begins to run a statement, and forgets what they ran 200 statements ago; gives its number.
WITH gone AS (
    DELETE FROM crpm.console_runs AS r
    WHERE r.run_id IN (
        SELECT o.run_id
        FROM crpm.console_runs AS o
        WHERE o.user_name = crpm.acting_user()
        ORDER BY o.run_id DESC
        OFFSET 199
    )
)

INSERT INTO crpm.console_runs (statement)
VALUES (%(statement)s)
RETURNING run_id
