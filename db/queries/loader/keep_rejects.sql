-- Keeps the rejected rows of all files, each with the reason in words that name the column and what stands there.
-- Grain: one row per rejected row.
INSERT INTO crpm.rejects (
    load_file_id, line_number, column_name, reason_code, message, raw_text, record_key, fault_field, other_cells_hash
)
WITH rejected AS (
    SELECT
        c.load_file_id,
        c.source_line,
        c.problem,
        r.raw_text,
        to_jsonb(r.*) AS cells
    FROM staging.clean_rates AS c
    INNER JOIN staging.rates AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
    WHERE c.outcome = 'rejected'
    UNION ALL
    SELECT
        c.load_file_id,
        c.source_line,
        c.problem,
        r.raw_text,
        to_jsonb(r.*) AS cells
    FROM staging.clean_stores AS c
    INNER JOIN staging.stores AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
    WHERE c.outcome = 'rejected'
    UNION ALL
    SELECT
        c.load_file_id,
        c.source_line,
        c.problem,
        r.raw_text,
        to_jsonb(r.*) AS cells
    FROM staging.clean_products AS c
    INNER JOIN staging.products AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
    WHERE c.outcome = 'rejected'
    UNION ALL
    SELECT
        c.load_file_id,
        c.source_line,
        c.problem,
        r.raw_text,
        to_jsonb(r.*) AS cells
    FROM staging.clean_customers AS c
    INNER JOIN staging.customers AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
    WHERE c.outcome = 'rejected'
    UNION ALL
    SELECT
        c.load_file_id,
        c.source_line,
        c.problem,
        r.raw_text,
        to_jsonb(r.*) AS cells
    FROM staging.clean_sales AS c
    INNER JOIN staging.sales AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
    WHERE c.outcome = 'rejected'
    UNION ALL
    SELECT
        c.load_file_id,
        c.source_line,
        c.problem,
        r.raw_text,
        to_jsonb(r.*) AS cells
    FROM staging.clean_stock AS c
    INNER JOIN staging.stock AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
    WHERE c.outcome = 'rejected'
    UNION ALL
    SELECT
        c.load_file_id,
        c.source_line,
        c.problem,
        r.raw_text,
        to_jsonb(r.*) AS cells
    FROM staging.clean_returns AS c
    INNER JOIN staging.returns AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
    WHERE c.outcome = 'rejected'
),

reasons (reason_code, wording) AS (
    -- 1: the column, 2: what stands there, 3: what else the problem tells.
    VALUES
    ('unreadable_row', 'The row cannot be taken apart. %%3$s'),
    ('no_match', '%%1$s: there is no %%3$s.'),
    ('missing', '%%1$s is empty and cannot be left out.'),
    ('too_long', '%%1$s has more than %%3$s characters.'),
    ('unreadable_number', '%%1$s: %%2$s is not a number.'),
    ('not_whole', '%%1$s: %%2$s is not a whole number of pieces.'),
    ('not_positive', '%%1$s: %%2$s is not more than zero.'),
    ('negative', '%%1$s: %%2$s is less than zero.'),
    ('unreadable_date', '%%1$s: %%2$s is not a date.'),
    ('impossible_date', '%%1$s: %%2$s is no day of the calendar.'),
    ('unlikely_date', '%%1$s: %%2$s would be in the future or too long ago, such as before the first store opened. Write it as year-month-day, the year with four digits.'),
    ('in_the_future', '%%1$s: %%2$s is in the future.'),
    ('before_the_order', '%%1$s: %%2$s is before the order of %%3$s.'),
    ('unreadable_email', '%%1$s: %%2$s is not an e-mail address.'),
    ('unknown_country', '%%1$s: there is no country %%2$s.'),
    ('unknown_currency', '%%1$s: there is no currency %%2$s.'),
    ('unknown_customer', '%%1$s: there is no customer with the key %%2$s.'),
    ('unknown_store', '%%1$s: there is no store with the key %%2$s.'),
    ('unknown_product', '%%1$s: there is no product with the key %%2$s.'),
    ('no_price', '%%1$s: the product %%2$s has no price.'),
    ('no_rate', '%%1$s: there is no exchange rate for %%2$s on %%3$s.'),
    ('base_currency_is_one', '%%1$s: %%2$s cannot be; the base currency %%3$s is 1 by definition.'),
    ('entered_by_hand', '%%1$s: %%2$s differs from %%3$s, which a person has entered.'),
    ('second_online_shop', '%%1$s: there is an online shop already.'),
    ('sku_is_taken', '%%1$s: another product has the SKU %%2$s.'),
    ('anonymised', '%%1$s: the customer %%2$s was anonymised and is not brought back.'),
    ('other_name', '%%1$s: %%2$s and %%3$s have the same key, which can have one name.'),
    ('contradicts_line', 'Line %%3$s has the same key and other content.'),
    ('order_disagrees', 'The lines of order %%3$s disagree on %%1$s: the whole order is rejected.'),
    ('contradicts_order', '%%1$s: %%2$s differs from what is recorded: %%3$s.'),
    ('order_is_cancelled', 'The order was cancelled on %%3$s.'),
    ('not_active', '%%3$s is not active. The whole order is rejected.'),
    ('before_the_opening_count', '%%1$s: %%2$s is before the stock was first counted, on %%3$s: it cannot take stock.'),
    ('not_enough_stock', 'Not enough stock of %%3$s. The whole order is rejected.'),
    ('unknown_order', '%%1$s: there is no order %%2$s.'),
    ('unknown_line', '%%1$s: the order %%3$s has no line of %%2$s.'),
    ('several_lines', '%%1$s: the order has several lines of %%2$s (%%3$s); say the number of the line.'),
    ('more_than_bought', '%%1$s: %%2$s is more than can come back: %%3$s.'),
    ('more_than_paid', '%%1$s: %%2$s is more than the %%3$s that was paid for these pieces.'),
    ('contradicts_return', 'The same return is recorded with other content: %%3$s.'),
    ('stock_is_counted', '%%1$s: %%2$s differs from the opening count of %%3$s. Adjust the stock instead.')
)

SELECT
    r.load_file_id,
    r.source_line,
    f.header AS column_name,
    r.problem[2] AS reason_code,
    format(w.wording, f.header, '"' || left(r.cells ->> r.problem[1], 100) || '"', r.problem[3]) AS message,
    r.raw_text,
    -- Of a row that cannot be taken apart, what stands in the key's place; else what the key was understood as.
    CASE
        WHEN r.problem[2] <> 'unreadable_row' THEN k.record_key
        WHEN l.target = 'sales' THEN torn.order_number || ' line ' || torn.line_number
        ELSE torn.source_key
    END AS record_key,
    r.problem[1] AS fault_field,
    md5((r.cells - ARRAY['load_file_id', 'source_line', 'raw_text', 'unreadable', coalesce(r.problem[1], '')])::text)
        AS other_cells_hash
FROM rejected AS r
INNER JOIN crpm.load_files AS l ON r.load_file_id = l.load_file_id
INNER JOIN staging.row_keys AS k ON r.load_file_id = k.load_file_id AND r.source_line = k.source_line
CROSS JOIN
    LATERAL (
        SELECT
            max(p.cell) FILTER (WHERE e.field = 'source_key') AS source_key,
            max(p.cell) FILTER (WHERE e.field = 'order_number') AS order_number,
            max(p.cell) FILTER (WHERE e.field = 'line_number') AS line_number
        FROM staging.fields AS e
        CROSS JOIN
            LATERAL (
                SELECT staging.text_of(btrim(split_part(r.raw_text, l.delimiter, array_position(l.header, e.header)), ' "')) AS cell
            ) AS p
        WHERE r.load_file_id = e.load_file_id AND r.problem[2] = 'unreadable_row'
    ) AS torn
LEFT JOIN reasons AS w ON r.problem[2] = w.reason_code
LEFT JOIN staging.fields AS f ON r.load_file_id = f.load_file_id AND r.problem[1] = f.field;
