-- Understands rows about sales, prices them, and finds what is wrong with each of them alone.
-- Grain: one row per row read. What was charged is what the file says: the line's amount, whose share of a piece is the
-- price, or a unit price. A file that says neither is priced from the product's list price of now in base currency at the
-- order day's rate, rounded to the minor unit of the order's currency, which is the store's where the row names none.
-- No customer is a walk-in.
INSERT INTO staging.clean_sales (
    load_file_id, source_line, outcome, problem, order_number, line_number, header_hash, store_id, customer_id, product_id,
    order_date, delivered_on, currency_code, exchange_rate, rate_date, quantity, unit_price, line_amount, base_unit_price,
    base_unit_cost, base_amount, price_field
)
WITH typed AS (
    SELECT
        r.load_file_id,
        r.source_line,
        r.unreadable,
        staging.text_of(r.order_number) AS order_number,
        r.customer_key,
        r.store_key,
        line.problem AS line_problem,
        CASE WHEN line.problem IS NULL THEN line.number_value::integer END AS line_number,
        ordered.problem AS order_date_problem,
        ordered.date_value AS order_date,
        delivered.problem AS delivered_problem,
        delivered.date_value AS delivered_on,
        customer.problem AS customer_problem,
        customer.record_id AS customer_id,
        store.problem AS store_problem,
        store.record_id AS store_id,
        product.problem AS product_problem,
        product.record_id AS product_id,
        quantity.problem AS quantity_problem,
        CASE WHEN quantity.problem IS NULL THEN quantity.number_value::integer END AS quantity,
        currency.problem AS currency_problem,
        coalesce(currency.text_value, shop.currency_code) AS currency_code,
        CASE
            WHEN r.line_amount IS NOT NULL THEN 'line_amount'
            WHEN r.unit_price IS NOT NULL THEN 'unit_price'
        END AS price_field,
        coalesce(amount.problem, charged.problem) AS given_problem,
        amount.number_value AS given_amount,
        charged.number_value AS given_price,
        price.unit_price AS list_price,
        price.unit_cost
    FROM staging.sales AS r
    LEFT JOIN staging.cells AS line
        ON r.load_file_id = line.load_file_id AND line.field = 'line_number' AND r.line_number = line.cell
    LEFT JOIN staging.cells AS ordered
        ON r.load_file_id = ordered.load_file_id AND ordered.field = 'order_date' AND r.order_date = ordered.cell
    LEFT JOIN staging.cells AS delivered
        ON r.load_file_id = delivered.load_file_id AND delivered.field = 'delivered_on' AND r.delivered_on = delivered.cell
    LEFT JOIN staging.cells AS customer
        ON r.load_file_id = customer.load_file_id AND customer.field = 'customer_key' AND r.customer_key = customer.cell
    LEFT JOIN staging.cells AS store
        ON r.load_file_id = store.load_file_id AND store.field = 'store_key' AND r.store_key = store.cell
    LEFT JOIN staging.cells AS product
        ON r.load_file_id = product.load_file_id AND product.field = 'product_key' AND r.product_key = product.cell
    LEFT JOIN staging.cells AS quantity
        ON r.load_file_id = quantity.load_file_id AND quantity.field = 'quantity' AND r.quantity = quantity.cell
    LEFT JOIN staging.cells AS currency
        ON r.load_file_id = currency.load_file_id AND currency.field = 'currency_code' AND r.currency_code = currency.cell
    LEFT JOIN staging.cells AS charged
        ON r.load_file_id = charged.load_file_id AND charged.field = 'unit_price' AND r.unit_price = charged.cell
    LEFT JOIN staging.cells AS amount
        ON r.load_file_id = amount.load_file_id AND amount.field = 'line_amount' AND r.line_amount = amount.cell
    LEFT JOIN crpm.stores AS shop ON store.record_id = shop.store_id
    LEFT JOIN staging.list_prices AS price ON product.record_id = price.product_id
),

rated AS (
    SELECT
        t.*,
        CASE WHEN t.currency_code = s.base_currency_code THEN 1 ELSE rate.exchange_rate END AS exchange_rate,
        CASE WHEN t.currency_code = s.base_currency_code THEN t.order_date ELSE rate.rate_date END AS rate_date,
        charged.minor_units,
        base.minor_units AS base_minor_units,
        s.max_rate_age_days
    FROM typed AS t
    CROSS JOIN crpm.settings AS s
    INNER JOIN crpm.currencies AS base ON s.base_currency_code = base.currency_code
    LEFT JOIN crpm.currencies AS charged ON t.currency_code = charged.currency_code
    LEFT JOIN staging.day_rates AS rate ON t.currency_code = rate.currency_code AND t.order_date = rate.order_date
),

charged AS (
    SELECT
        d.*,
        CASE d.price_field
            WHEN 'line_amount' THEN round(d.given_amount, d.minor_units)
            WHEN 'unit_price' THEN round(d.quantity * d.given_price, d.minor_units)
            ELSE d.quantity * round(d.list_price * d.exchange_rate, d.minor_units)
        END AS line_amount
    FROM rated AS d
),

priced AS (
    SELECT
        d.*,
        CASE d.price_field
            WHEN 'line_amount' THEN staging.price_of(d.line_amount, d.quantity)
            WHEN 'unit_price' THEN d.given_price
            ELSE round(d.list_price * d.exchange_rate, d.minor_units)
        END AS unit_price,
        CASE
            WHEN d.price_field IS NULL THEN d.list_price
            ELSE staging.price_of(d.line_amount::numeric(60, 30) / d.exchange_rate, d.quantity)
        END AS base_unit_price
    FROM charged AS d
),

checked AS (
    SELECT
        d.*,
        CASE
            WHEN d.unreadable IS NOT NULL THEN ARRAY[NULL, 'unreadable_row', d.unreadable]
            WHEN d.order_number IS NULL THEN ARRAY['order_number', 'missing']
            WHEN length(d.order_number) > 100 THEN ARRAY['order_number', 'too_long', '100']
            WHEN d.line_problem IS NOT NULL THEN ARRAY['line_number', d.line_problem]
            WHEN d.line_number IS NULL THEN ARRAY['line_number', 'missing']
            WHEN d.line_number < 0 THEN ARRAY['line_number', 'negative']
            WHEN d.order_date_problem IS NOT NULL THEN ARRAY['order_date', d.order_date_problem]
            WHEN d.order_date IS NULL THEN ARRAY['order_date', 'missing']
            WHEN d.order_date > current_date + 1 THEN ARRAY['order_date', 'in_the_future']
            WHEN d.delivered_problem IS NOT NULL THEN ARRAY['delivered_on', d.delivered_problem]
            WHEN d.delivered_on < d.order_date THEN ARRAY['delivered_on', 'before_the_order', d.order_date::text]
            WHEN d.customer_problem IS NOT NULL THEN ARRAY['customer_key', d.customer_problem]
            WHEN d.store_problem IS NOT NULL THEN ARRAY['store_key', d.store_problem]
            WHEN d.store_id IS NULL THEN ARRAY['store_key', 'missing']
            WHEN d.product_problem IS NOT NULL THEN ARRAY['product_key', d.product_problem]
            WHEN d.product_id IS NULL THEN ARRAY['product_key', 'missing']
            WHEN d.price_field IS NULL AND d.list_price IS NULL THEN ARRAY['product_key', 'no_price']
            WHEN d.quantity_problem IS NOT NULL THEN ARRAY['quantity', d.quantity_problem]
            WHEN d.quantity IS NULL THEN ARRAY['quantity', 'missing']
            WHEN d.quantity <= 0 THEN ARRAY['quantity', 'not_positive']
            WHEN d.given_problem IS NOT NULL THEN ARRAY[d.price_field, d.given_problem]
            WHEN d.price_field IS NOT NULL AND coalesce(d.given_amount, d.given_price) IS NULL THEN ARRAY[d.price_field, 'missing']
            WHEN coalesce(d.given_amount, d.given_price) < 0 THEN ARRAY[d.price_field, 'negative']
            WHEN d.currency_problem IS NOT NULL THEN ARRAY['currency_code', d.currency_problem]
            WHEN d.exchange_rate IS NULL
                THEN ARRAY['currency_code', 'no_rate', format('%%s or the %%s days before', d.order_date, d.max_rate_age_days)]
        END AS problem
    FROM priced AS d
)

SELECT
    c.load_file_id,
    c.source_line,
    CASE WHEN c.problem IS NOT NULL THEN 'rejected' END AS outcome,
    c.problem,
    c.order_number,
    c.line_number,
    hashtextextended(concat_ws(E'\x1f', btrim(c.customer_key), btrim(c.store_key), c.order_date, c.currency_code), 0) AS header_hash,
    c.store_id,
    c.customer_id,
    c.product_id,
    c.order_date,
    c.delivered_on,
    c.currency_code,
    c.exchange_rate,
    c.rate_date,
    c.quantity,
    c.unit_price,
    c.line_amount,
    c.base_unit_price,
    coalesce(c.unit_cost, 0) AS base_unit_cost,
    -- Of a row whose quantity cannot be read, the amount may tell what it is worth.
    CASE
        WHEN c.price_field = 'line_amount' AND coalesce(c.quantity, 0) <= 0
            THEN round(c.line_amount / c.exchange_rate, c.base_minor_units)
        ELSE round(round(c.quantity * c.base_unit_price, 10), c.base_minor_units)
    END AS base_amount,
    c.price_field
FROM checked AS c;
