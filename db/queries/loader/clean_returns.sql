-- Understands rows about returns, finds the order line that each is about, and what is wrong with it alone.
-- Grain: one row per row read. Its key is the number of the return, else the line and the day. The line is told by its
-- number, or by the product where the order has one line of it. Without a store it is the order's. Pieces go back on the
-- shelf only where the line took stock, and where stock was counted by then.
INSERT INTO staging.clean_returns (
    load_file_id, source_line, outcome, problem, source_key, source_hash, record_id, recorded_hash,
    store_id, order_id, line_number, quantity, returned_on, received_store_id, is_restocked, reason, refund_amount
)
WITH typed AS (
    SELECT
        r.load_file_id,
        r.source_line,
        r.unreadable,
        staging.text_of(r.source_key) AS own_key,
        staging.text_of(r.order_number) AS order_number,
        coalesce(staging.text_of(r.reason), 'not stated') AS reason,
        staging.text_of(r.product_key) AS product_key,
        CASE WHEN r.line_number IS NULL THEN 'product_key' ELSE 'line_number' END AS line_field,
        line.problem AS line_problem,
        CASE WHEN line.problem IS NULL THEN line.number_value::integer END AS line_number,
        product.problem AS product_problem,
        product.record_id AS product_id,
        quantity.problem AS quantity_problem,
        CASE WHEN quantity.problem IS NULL THEN quantity.number_value::integer END AS quantity,
        returned.problem AS returned_problem,
        returned.date_value AS returned_on,
        store.problem AS store_problem,
        store.record_id AS store_id,
        refund.problem AS refund_problem,
        refund.number_value AS refund_amount
    FROM staging.returns AS r
    LEFT JOIN staging.cells AS line
        ON r.load_file_id = line.load_file_id AND line.field = 'line_number' AND r.line_number = line.cell
    LEFT JOIN staging.cells AS product
        ON r.load_file_id = product.load_file_id AND product.field = 'product_key' AND r.product_key = product.cell
    LEFT JOIN staging.cells AS quantity
        ON r.load_file_id = quantity.load_file_id AND quantity.field = 'quantity' AND r.quantity = quantity.cell
    LEFT JOIN staging.cells AS returned
        ON r.load_file_id = returned.load_file_id AND returned.field = 'returned_on' AND r.returned_on = returned.cell
    LEFT JOIN staging.cells AS store
        ON r.load_file_id = store.load_file_id AND store.field = 'store_key' AND r.store_key = store.cell
    LEFT JOIN staging.cells AS refund
        ON r.load_file_id = refund.load_file_id AND refund.field = 'refund_amount' AND r.refund_amount = refund.cell
),

matched AS (
    SELECT
        t.*,
        o.store_id AS order_store_id,
        o.order_id,
        o.order_date,
        o.cancelled_at,
        found.line_numbers,
        coalesce(t.store_id, o.store_id) AS received_store_id,
        round(t.refund_amount, charged.minor_units) AS refunded
    FROM typed AS t
    LEFT JOIN crpm.orders AS o ON o.source_system = %(source_system)s AND t.order_number = o.order_number
    LEFT JOIN crpm.currencies AS charged ON o.currency_code = charged.currency_code
    LEFT JOIN LATERAL (
        SELECT array_agg(l.line_number ORDER BY l.line_number) AS line_numbers
        FROM crpm.order_lines AS l
        WHERE
            l.store_id = o.store_id AND l.order_id = o.order_id
            AND CASE WHEN t.line_number IS NULL THEN l.product_id = t.product_id ELSE l.line_number = t.line_number END
    ) AS found ON TRUE
),

keyed AS (
    SELECT
        m.*,
        l.line_number AS found_line,
        bought.sku AS bought_sku,
        l.product_id <> m.product_id AS is_other_product,
        (now() AT TIME ZONE s.time_zone)::date AS today,
        l.moves_stock AND coalesce(s.opening_count_on <= m.returned_on, FALSE) AS is_restocked,
        coalesce(
            m.own_key,
            m.order_number || coalesce(' line ' || coalesce(l.line_number, m.line_number), ' product ' || m.product_key)
            || ' on ' || m.returned_on
        ) AS source_key,
        md5(row(
            m.order_number, l.line_number, m.quantity, m.returned_on, m.received_store_id, m.reason, trim_scale(m.refunded)
        )::text) AS source_hash
    FROM matched AS m
    LEFT JOIN crpm.order_lines AS l
        ON
            m.order_store_id = l.store_id AND m.order_id = l.order_id
            AND cardinality(m.line_numbers) = 1 AND l.line_number = m.line_numbers[1]
    LEFT JOIN crpm.products AS bought ON l.product_id = bought.product_id
    LEFT JOIN crpm.stores AS s ON m.received_store_id = s.store_id
),

checked AS (
    SELECT
        k.*,
        e.source_hash AS recorded_hash,
        CASE
            WHEN k.unreadable IS NOT NULL THEN ARRAY[NULL, 'unreadable_row', k.unreadable]
            WHEN length(k.own_key) > 100 THEN ARRAY['source_key', 'too_long', '100']
            WHEN k.order_number IS NULL THEN ARRAY['order_number', 'missing']
            WHEN k.order_id IS NULL THEN ARRAY['order_number', 'unknown_order']
            WHEN k.line_problem IS NOT NULL THEN ARRAY['line_number', k.line_problem]
            WHEN k.product_problem IS NOT NULL THEN ARRAY['product_key', k.product_problem]
            WHEN k.line_number IS NULL AND k.product_id IS NULL THEN ARRAY[k.line_field, 'missing']
            WHEN k.line_numbers IS NULL
                THEN ARRAY[CASE WHEN k.line_number IS NULL THEN 'product_key' ELSE 'line_number' END, 'unknown_line', k.order_number]
            WHEN cardinality(k.line_numbers) > 1
                THEN ARRAY['product_key', 'several_lines', array_to_string(k.line_numbers, ', ')]
            WHEN k.is_other_product THEN ARRAY['product_key', 'contradicts_order', k.bought_sku]
            WHEN k.cancelled_at IS NOT NULL THEN ARRAY['order_number', 'order_is_cancelled', k.cancelled_at::date::text]
            WHEN k.quantity_problem IS NOT NULL THEN ARRAY['quantity', k.quantity_problem]
            WHEN k.quantity IS NULL THEN ARRAY['quantity', 'missing']
            WHEN k.quantity <= 0 THEN ARRAY['quantity', 'not_positive']
            WHEN k.returned_problem IS NOT NULL THEN ARRAY['returned_on', k.returned_problem]
            WHEN k.returned_on IS NULL THEN ARRAY['returned_on', 'missing']
            WHEN k.returned_on < k.order_date THEN ARRAY['returned_on', 'before_the_order', k.order_date::text]
            WHEN k.returned_on > k.today THEN ARRAY['returned_on', 'in_the_future']
            WHEN k.store_problem IS NOT NULL THEN ARRAY['store_key', k.store_problem]
            WHEN length(k.reason) > 500 THEN ARRAY['reason', 'too_long', '500']
            WHEN k.refund_problem IS NOT NULL THEN ARRAY['refund_amount', k.refund_problem]
            WHEN k.refunded < 0 THEN ARRAY['refund_amount', 'negative']
            WHEN e.source_hash <> k.source_hash THEN ARRAY[
                NULL, 'contradicts_return', format('%%s of line %%s on %%s', e.quantity, e.line_number, e.returned_on)
            ]
        END AS problem
    FROM keyed AS k
    LEFT JOIN crpm.returns AS e ON e.source_system = %(source_system)s AND k.source_key = e.source_key
)

SELECT
    c.load_file_id,
    c.source_line,
    CASE WHEN c.problem IS NOT NULL THEN 'rejected' END AS outcome,
    c.problem,
    c.source_key,
    c.source_hash,
    CASE WHEN c.recorded_hash IS NOT NULL THEN 0 END AS record_id,
    c.recorded_hash,
    c.order_store_id AS store_id,
    c.order_id,
    c.found_line AS line_number,
    c.quantity,
    c.returned_on,
    c.received_store_id,
    c.is_restocked,
    c.reason,
    c.refunded AS refund_amount
FROM checked AS c;
