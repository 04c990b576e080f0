-- Everything that is held on one person: all records merged into one, purchases, the change history, and what files said.
-- Grain: one row, a JSON document as text, amounts to the last digit; none where there is no such customer.
WITH person AS (
    SELECT coalesce(c.merged_into_customer_id, c.customer_id) AS customer_id
    FROM crpm.customers AS c
    WHERE c.customer_id = %(customer_id)s
),

records AS (
    SELECT c.*
    FROM crpm.customers AS c
    INNER JOIN person AS p ON p.customer_id IN (c.customer_id, c.merged_into_customer_id)
),

lines AS (
    SELECT
        l.store_id,
        l.order_id,
        jsonb_agg(
            jsonb_build_object(
                'line', l.line_number, 'sku', p.sku, 'product', p.name, 'quantity', l.quantity, 'returned_quantity', l.returned_quantity,
                'unit_price', l.unit_price, 'price_override_reason', l.price_override_reason, 'discount_amount', l.discount_amount,
                'tax_rate', l.tax_rate, 'line_amount', l.line_amount, 'tax_amount', l.tax_amount
            )
            ORDER BY l.line_number
        ) AS found
    FROM crpm.orders AS o
    INNER JOIN records AS c ON o.customer_id = c.customer_id
    INNER JOIN crpm.order_lines AS l ON o.store_id = l.store_id AND o.order_id = l.order_id
    INNER JOIN crpm.products AS p ON l.product_id = p.product_id
    GROUP BY l.store_id, l.order_id
),

purchases AS (
    SELECT
        jsonb_agg(
            jsonb_build_object(
                'order', o.order_number, 'recorded_for_customer', o.customer_id, 'order_date', o.order_date, 'ordered_at', o.ordered_at,
                'store', s.name, 'currency', o.currency_code, 'status', o.status, 'cancelled_at', o.cancelled_at,
                'cancel_reason', o.cancel_reason, 'delivered_on', o.delivered_on, 'net_amount', o.net_amount,
                'tax_amount', o.tax_amount, 'total_amount', o.total_amount, 'recorded_by', o.recorded_by,
                'recorded_at', o.recorded_at, 'lines', g.found,
                'payments', (
                    SELECT jsonb_agg(jsonb_build_object('method', y.method, 'amount', y.amount, 'at', y.recorded_at) ORDER BY y.payment_number)
                    FROM crpm.payments AS y
                    WHERE o.store_id = y.store_id AND o.order_id = y.order_id
                ),
                'returns', (
                    SELECT
                        jsonb_agg(
                            jsonb_build_object(
                                'line', r.line_number, 'quantity', r.quantity, 'returned_on', r.returned_on, 'reason', r.reason,
                                'line_amount', r.line_amount, 'tax_amount', r.tax_amount
                            )
                            ORDER BY r.returned_on, r.line_number, r.return_number
                        )
                    FROM crpm.returns AS r
                    WHERE o.store_id = r.store_id AND o.order_id = r.order_id
                )
            )
            ORDER BY o.order_date, o.order_id
        ) AS found
    FROM crpm.orders AS o
    INNER JOIN records AS c ON o.customer_id = c.customer_id
    INNER JOIN crpm.stores AS s ON o.store_id = s.store_id
    LEFT JOIN lines AS g ON o.store_id = g.store_id AND o.order_id = g.order_id
),

changes AS (
    SELECT jsonb_agg(to_jsonb(a.*) - ARRAY['audit_id', 'table_name'] ORDER BY a.audit_id) AS found
    FROM crpm.audit_log AS a
    INNER JOIN records AS c ON a.row_key = c.customer_id::text
    WHERE a.table_name = 'customers'
),

joined AS (
    SELECT jsonb_agg(to_jsonb(m.*) ORDER BY m.merge_id) AS found
    FROM crpm.customer_merges AS m
    WHERE EXISTS (SELECT 1 FROM records AS c WHERE c.customer_id IN (m.customer_id, m.into_customer_id))
),

parked AS (
    SELECT jsonb_agg(to_jsonb(p.*) - ARRAY['till_id'] ORDER BY p.parked_at, p.request_id) AS found
    FROM crpm.parked_purchases AS p
    INNER JOIN records AS c ON p.customer_id = c.customer_id
),

loaded AS (
    SELECT jsonb_agg(to_jsonb(x.*) - ARRAY['table_name'] ORDER BY x.load_id, x.row_key) AS found
    FROM crpm.load_changes AS x
    INNER JOIN records AS c ON x.row_key = c.customer_id::text
    WHERE x.table_name = 'customers'
),

conflicts AS (
    SELECT
        jsonb_agg(
            to_jsonb(x.*) - ARRAY['load_file_id'] || jsonb_build_object('file', f.file_name)
            ORDER BY x.load_file_id, x.line_number, x.field
        ) AS found
    FROM crpm.load_conflicts AS x
    INNER JOIN crpm.load_files AS f ON x.load_file_id = f.load_file_id AND f.target = 'customers'
    INNER JOIN records AS c ON x.record_id = c.customer_id
),

rejected AS (
    SELECT
        jsonb_agg(
            jsonb_build_object('file', f.file_name, 'line', r.line_number, 'text', r.raw_text, 'message', r.message)
            ORDER BY r.load_file_id, r.line_number
        ) AS found
    FROM crpm.rejects AS r
    INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
    INNER JOIN crpm.loads AS l ON f.load_id = l.load_id
    WHERE
        EXISTS (
            SELECT 1
            FROM records AS c
            WHERE
                f.target = 'customers' AND l.source_system = c.source_system AND r.record_key = c.source_key
                OR crpm.tells_of(r.raw_text || ' ' || r.message, c.email, c.sort_name)
        )
)

SELECT
    jsonb_pretty(jsonb_build_object(
        'customer_id', person.customer_id,
        'as_of', now(),
        'records', (
            SELECT jsonb_agg(to_jsonb(c.*) - ARRAY['sort_name', 'sort_city', 'search_text'] ORDER BY c.customer_id) FROM records AS c
        ),
        'merges', coalesce(joined.found, '[]'),
        'purchases', coalesce(purchases.found, '[]'),
        'parked_purchases', coalesce(parked.found, '[]'),
        'changes', coalesce(changes.found, '[]'),
        'changed_by_loads', coalesce(loaded.found, '[]'),
        'conflicts_with_files', coalesce(conflicts.found, '[]'),
        'rejected_rows_of_files', coalesce(rejected.found, '[]')
    )) AS document
FROM person
CROSS JOIN joined
CROSS JOIN purchases
CROSS JOIN parked
CROSS JOIN changes
CROSS JOIN loaded
CROSS JOIN conflicts
CROSS JOIN rejected
