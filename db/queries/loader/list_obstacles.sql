-- Why a load cannot be taken back: what depends on it, by reason.
-- Grain: one row per reason, with how many there are and up to three of them.
WITH files AS (
    SELECT
        f.load_file_id,
        f.load_id,
        l.started_at
    FROM crpm.load_files AS f
    INNER JOIN crpm.loads AS l ON f.load_id = l.load_id
    WHERE f.load_id = %(load_id)s
),

own_changes AS (
    SELECT
        c.table_name,
        c.row_key,
        c.old_values,
        c.new_values,
        c.new_values - ARRAY['source_hash', 'source_values', 'load_file_id', 'source_line'] AS content
    FROM crpm.load_changes AS c
    WHERE c.load_id = %(load_id)s
),

own_orders AS (
    SELECT o.*
    FROM crpm.orders AS o
    INNER JOIN files AS f ON o.load_file_id = f.load_file_id
),

own_lines AS (
    SELECT
        x.store_id,
        x.order_id,
        x.line_number,
        x.product_id,
        x.moves_stock
    FROM crpm.order_lines AS x
    INNER JOIN files AS f ON x.load_file_id = f.load_file_id
),

foreign_lines AS (
    SELECT
        x.store_id,
        x.order_id,
        x.line_number,
        x.product_id
    FROM crpm.order_lines AS x
    LEFT JOIN files AS f ON x.load_file_id = f.load_file_id
    WHERE f.load_file_id IS NULL
),

own_returns AS (
    SELECT
        r.store_id,
        r.order_id,
        r.line_number,
        r.return_number,
        r.received_store_id,
        r.returned_on,
        r.is_restocked,
        r.recorded_at,
        x.product_id
    FROM crpm.returns AS r
    INNER JOIN files AS f ON r.load_file_id = f.load_file_id
    INNER JOIN crpm.order_lines AS x
        ON r.store_id = x.store_id AND r.order_id = x.order_id AND r.line_number = x.line_number
),

foreign_returns AS (
    SELECT
        r.store_id,
        r.order_id,
        r.line_number,
        r.return_number,
        r.received_store_id
    FROM crpm.returns AS r
    LEFT JOIN files AS f ON r.load_file_id = f.load_file_id
    WHERE f.load_file_id IS NULL
),

opened AS (
    SELECT
        m.store_id,
        m.product_id
    FROM crpm.stock_movements AS m
    INNER JOIN crpm.loads AS l ON m.recorded_at = l.started_at AND m.document = 'load ' || l.load_id
    WHERE l.load_id = %(load_id)s AND m.movement_type = 'opening'
    UNION
    SELECT
        (c.new_values ->> 'store_id')::bigint AS store_id,
        (c.new_values ->> 'product_id')::bigint AS product_id
    FROM own_changes AS c
    WHERE c.table_name = 'stock_levels'
),

foreign_movements AS (
    SELECT m.*
    FROM crpm.stock_movements AS m
    INNER JOIN crpm.loads AS l ON l.load_id = %(load_id)s
    LEFT JOIN own_lines AS x ON m.order_store_id = x.store_id AND m.order_id = x.order_id AND m.line_number = x.line_number
    WHERE
        x.order_id IS NULL
        AND NOT (m.movement_type = 'opening' AND m.recorded_at = l.started_at AND m.document = 'load ' || l.load_id)
        AND NOT (
            m.movement_type = 'return' AND m.recorded_at = l.started_at
            AND EXISTS (
                SELECT 1
                FROM own_returns AS r
                WHERE m.order_store_id = r.store_id AND m.order_id = r.order_id AND m.line_number = r.line_number
            )
        )
),

records AS (
    SELECT
        'customers' AS table_name,
        c.customer_id::text AS row_key,
        to_jsonb(c.*) AS now_values,
        'customer ' || c.name AS called
    FROM crpm.customers AS c
    INNER JOIN own_changes AS o ON o.table_name = 'customers' AND o.row_key = c.customer_id::text
    UNION ALL
    SELECT
        'products' AS table_name,
        p.product_id::text AS row_key,
        to_jsonb(p.*) AS now_values,
        'product ' || p.name AS called
    FROM crpm.products AS p
    INNER JOIN own_changes AS o ON o.table_name = 'products' AND o.row_key = p.product_id::text
    UNION ALL
    SELECT
        'stores' AS table_name,
        s.store_id::text AS row_key,
        to_jsonb(s.*) AS now_values,
        'store ' || s.name AS called
    FROM crpm.stores AS s
    INNER JOIN own_changes AS o ON o.table_name = 'stores' AND o.row_key = s.store_id::text
    UNION ALL
    SELECT
        'categories' AS table_name,
        c.category_id::text AS row_key,
        to_jsonb(c.*) AS now_values,
        'category ' || c.name AS called
    FROM crpm.categories AS c
    UNION ALL
    SELECT
        'subcategories' AS table_name,
        s.subcategory_id::text AS row_key,
        to_jsonb(s.*) AS now_values,
        'subcategory ' || s.name AS called
    FROM crpm.subcategories AS s
    UNION ALL
    SELECT
        'countries' AS table_name,
        k.country_code AS row_key,
        to_jsonb(k.*) AS now_values,
        'country ' || k.name AS called
    FROM crpm.countries AS k
    UNION ALL
    SELECT
        'exchange_rates' AS table_name,
        e.currency_code || '/' || e.rate_date AS row_key,
        to_jsonb(e.*) AS now_values,
        'rate of ' || e.currency_code || ' on ' || e.rate_date AS called
    FROM crpm.exchange_rates AS e
    UNION ALL
    SELECT
        'orders' AS table_name,
        d.store_id || '/' || d.order_id AS row_key,
        to_jsonb(d.*) AS now_values,
        'order ' || d.order_number AS called
    FROM crpm.orders AS d
    WHERE EXISTS (SELECT 1 FROM own_changes AS o WHERE o.table_name = 'orders')
),

obstacles (reason, called) AS (
    SELECT
        'changed by a later load, which is to be taken back first' AS reason,
        format('%%s by load %%s', coalesce(r.called, c.table_name || ' ' || c.row_key), c.load_id) AS called
    FROM crpm.load_changes AS c
    INNER JOIN files AS f ON c.old_values ->> 'load_file_id' = f.load_file_id::text
    LEFT JOIN LATERAL (
        SELECT 'customer ' || u.name AS called
        FROM crpm.customers AS u
        WHERE c.table_name = 'customers' AND c.row_key = u.customer_id::text
        UNION ALL
        SELECT 'product ' || p.name AS called
        FROM crpm.products AS p
        WHERE c.table_name = 'products' AND c.row_key = p.product_id::text
        UNION ALL
        SELECT 'store ' || s.name AS called
        FROM crpm.stores AS s
        WHERE c.table_name = 'stores' AND c.row_key = s.store_id::text
    ) AS r ON TRUE
    WHERE c.load_id <> %(load_id)s
    UNION ALL
    SELECT
        'edited since' AS reason,
        r.called
    FROM own_changes AS o
    INNER JOIN records AS r ON o.table_name = r.table_name AND o.row_key = r.row_key
    WHERE
        NOT r.now_values @> o.content
        AND (r.now_values -> 'load_file_id' = o.new_values -> 'load_file_id' OR NOT o.new_values ? 'load_file_id')
    UNION ALL
    SELECT
        'edited since' AS reason,
        coalesce('customer ' || c.name, 'product ' || p.name, 'store ' || s.name) AS called
    FROM staging.going AS g
    LEFT JOIN crpm.customers AS c ON g.kind = 'customers' AND g.record_id = c.customer_id
    LEFT JOIN crpm.products AS p ON g.kind = 'products' AND g.record_id = p.product_id
    LEFT JOIN crpm.stores AS s ON g.kind = 'stores' AND g.record_id = s.store_id
    WHERE
        g.kind IN ('customers', 'products', 'stores')
        AND EXISTS (
            SELECT 1
            FROM crpm.audit_log AS a
            WHERE g.kind = a.table_name AND a.row_key = g.record_id::text AND a.action = 'update' AND a.channel <> 'loader'
        )
    UNION ALL
    SELECT
        'edited since' AS reason,
        'order ' || o.order_number AS called
    FROM own_orders AS o
    WHERE o.status = 'cancelled' OR o.delivery_noted_at IS NOT NULL
    UNION ALL
    SELECT
        'given another price, cost or barcode since' AS reason,
        'product ' || p.name AS called
    FROM crpm.products AS p
    INNER JOIN (
        SELECT
            x.product_id,
            x.product_id || '/' || x.currency_code || '/' || x.valid_from AS row_key,
            'product_prices' AS table_name,
            x.valid_from
        FROM crpm.product_prices AS x
        UNION ALL
        SELECT
            x.product_id,
            x.product_id || '/' || x.valid_from AS row_key,
            'product_costs' AS table_name,
            x.valid_from
        FROM crpm.product_costs AS x
        UNION ALL
        SELECT
            b.product_id,
            b.barcode AS row_key,
            'product_barcodes' AS table_name,
            NULL AS valid_from
        FROM crpm.product_barcodes AS b
        WHERE EXISTS (SELECT 1 FROM staging.going AS g WHERE g.kind = 'products' AND b.product_id = g.record_id)
    ) AS x ON p.product_id = x.product_id
    INNER JOIN crpm.loads AS l ON l.load_id = %(load_id)s AND coalesce(x.valid_from > l.started_at, TRUE)
    WHERE
        EXISTS (SELECT 1 FROM staging.going AS g WHERE g.kind = 'products' AND p.product_id = g.record_id)
        OR EXISTS (
            SELECT 1
            FROM own_changes AS o
            WHERE o.table_name = x.table_name AND (o.new_values ->> 'product_id')::bigint = p.product_id
        )
    UNION ALL
    SELECT
        'bought since, or by another load' AS reason,
        'product ' || p.name AS called
    FROM staging.going AS g
    INNER JOIN crpm.products AS p ON g.record_id = p.product_id
    WHERE g.kind = 'products' AND EXISTS (SELECT 1 FROM foreign_lines AS x WHERE p.product_id = x.product_id)
    UNION ALL
    SELECT
        'buying since, or in another load' AS reason,
        'customer ' || c.name AS called
    FROM staging.going AS g
    INNER JOIN crpm.customers AS c ON g.record_id = c.customer_id
    WHERE
        g.kind = 'customers'
        AND EXISTS (
            SELECT 1
            FROM crpm.orders AS o
            LEFT JOIN files AS f ON o.load_file_id = f.load_file_id
            WHERE c.customer_id = o.customer_id AND f.load_file_id IS NULL
        )
    UNION ALL
    SELECT
        'selling since, or in another load' AS reason,
        'store ' || s.name AS called
    FROM staging.going AS g
    INNER JOIN crpm.stores AS s ON g.record_id = s.store_id
    WHERE
        g.kind = 'stores'
        AND EXISTS (
            SELECT 1
            FROM crpm.orders AS o
            LEFT JOIN files AS f ON o.load_file_id = f.load_file_id
            WHERE s.store_id = o.store_id AND f.load_file_id IS NULL
        )
    UNION ALL
    SELECT
        'given another line by a later load, which is to be taken back first' AS reason,
        'order ' || o.order_number AS called
    FROM own_orders AS o
    WHERE EXISTS (SELECT 1 FROM foreign_lines AS x WHERE o.store_id = x.store_id AND o.order_id = x.order_id)
    UNION ALL
    SELECT
        'returned since' AS reason,
        'order ' || o.order_number || ', line ' || x.line_number AS called
    FROM foreign_returns AS x
    INNER JOIN crpm.orders AS o ON x.store_id = o.store_id AND x.order_id = o.order_id
    WHERE
        EXISTS (
            SELECT 1
            FROM own_lines AS l
            WHERE x.store_id = l.store_id AND x.order_id = l.order_id AND x.line_number = l.line_number
        )
        OR EXISTS (
            SELECT 1
            FROM own_returns AS r
            WHERE
                x.store_id = r.store_id AND x.order_id = r.order_id AND x.line_number = r.line_number
                AND x.return_number > r.return_number
        )
    UNION ALL
    SELECT DISTINCT
        'taking returns since, or in another load' AS reason,
        'store ' || s.name AS called
    FROM foreign_returns AS x
    INNER JOIN staging.going AS g ON g.kind = 'stores' AND x.received_store_id = g.record_id
    INNER JOIN crpm.stores AS s ON x.received_store_id = s.store_id
    UNION ALL
    SELECT DISTINCT
        'closed since' AS reason,
        s.name || ' on ' || d.business_day AS called
    FROM crpm.daily_closes AS d
    INNER JOIN crpm.stores AS s ON d.store_id = s.store_id
    INNER JOIN own_returns AS r
        ON d.store_id = r.received_store_id AND d.business_day = r.returned_on AND d.closed_at > r.recorded_at
    UNION ALL
    SELECT DISTINCT
        'moved in stock since' AS reason,
        p.name || ' at ' || s.name AS called
    FROM own_returns AS r
    INNER JOIN crpm.stock_movements AS m
        ON r.received_store_id = m.store_id AND r.product_id = m.product_id AND r.recorded_at < m.recorded_at
    INNER JOIN crpm.products AS p ON r.product_id = p.product_id
    INNER JOIN crpm.stores AS s ON r.received_store_id = s.store_id
    WHERE r.is_restocked
    UNION ALL
    SELECT
        'paid for' AS reason,
        'order ' || o.order_number AS called
    FROM own_orders AS o
    WHERE EXISTS (SELECT 1 FROM crpm.payments AS y WHERE o.store_id = y.store_id AND o.order_id = y.order_id)
    UNION ALL
    SELECT DISTINCT
        'closed since' AS reason,
        s.name || ' on ' || d.business_day AS called
    FROM crpm.daily_closes AS d
    INNER JOIN crpm.stores AS s ON d.store_id = s.store_id
    INNER JOIN crpm.loads AS l ON l.load_id = %(load_id)s AND d.closed_at > l.started_at
    INNER JOIN crpm.orders AS o ON d.store_id = o.store_id AND d.business_day = o.order_date
    INNER JOIN own_lines AS x ON o.store_id = x.store_id AND o.order_id = x.order_id
    UNION ALL
    SELECT
        'closed since' AS reason,
        s.name || ' on ' || d.business_day AS called
    FROM crpm.daily_closes AS d
    INNER JOIN crpm.stores AS s ON d.store_id = s.store_id
    INNER JOIN staging.going AS g ON g.kind = 'stores' AND s.store_id = g.record_id
    UNION ALL
    SELECT DISTINCT
        'moved in stock since' AS reason,
        p.name || ' at ' || s.name AS called
    FROM foreign_movements AS m
    INNER JOIN crpm.products AS p ON m.product_id = p.product_id
    INNER JOIN crpm.stores AS s ON m.store_id = s.store_id
    LEFT JOIN opened AS d ON m.store_id = d.store_id AND m.product_id = d.product_id
    WHERE
        d.store_id IS NOT NULL
        OR EXISTS (
            SELECT 1
            FROM staging.going AS g
            WHERE g.kind = 'products' AND m.product_id = g.record_id OR g.kind = 'stores' AND m.store_id = g.record_id
        )
    UNION ALL
    SELECT DISTINCT
        'counted since' AS reason,
        p.name || ' at ' || s.name AS called
    FROM own_lines AS x
    INNER JOIN crpm.loads AS l ON l.load_id = %(load_id)s
    INNER JOIN crpm.stock_movements AS m
        ON x.store_id = m.store_id AND x.product_id = m.product_id AND m.movement_type = 'adjustment' AND l.started_at < m.recorded_at
    INNER JOIN crpm.products AS p ON x.product_id = p.product_id
    INNER JOIN crpm.stores AS s ON x.store_id = s.store_id
    WHERE x.moves_stock
    UNION ALL
    SELECT
        'counted since' AS reason,
        p.name || ' at ' || s.name AS called
    FROM crpm.stock_levels AS v
    INNER JOIN crpm.products AS p ON v.product_id = p.product_id
    INNER JOIN crpm.stores AS s ON v.store_id = s.store_id
    LEFT JOIN opened AS d ON v.store_id = d.store_id AND v.product_id = d.product_id
    WHERE
        d.store_id IS NULL
        AND EXISTS (
            SELECT 1
            FROM staging.going AS g
            WHERE g.kind = 'products' AND v.product_id = g.record_id OR g.kind = 'stores' AND v.store_id = g.record_id
        )
    UNION ALL
    SELECT DISTINCT
        'on a count sheet' AS reason,
        coalesce('product ' || p.name, 'store ' || s.name, 'category ' || c.name) AS called
    FROM staging.going AS g
    LEFT JOIN crpm.products AS p ON g.kind = 'products' AND g.record_id = p.product_id
    LEFT JOIN crpm.stores AS s ON g.kind = 'stores' AND g.record_id = s.store_id
    LEFT JOIN crpm.categories AS c ON g.kind = 'categories' AND g.record_id = c.category_id
    WHERE
        EXISTS (SELECT 1 FROM crpm.count_sheet_lines AS x WHERE p.product_id = x.product_id)
        OR EXISTS (SELECT 1 FROM crpm.count_sheets AS x WHERE s.store_id = x.store_id OR c.category_id = x.category_id)
    UNION ALL
    SELECT
        'in a parked purchase' AS reason,
        'the one parked by ' || b.parked_by || ' on ' || b.parked_at::date AS called
    FROM crpm.parked_purchases AS b
    WHERE
        EXISTS (
            SELECT 1
            FROM staging.going AS g
            WHERE
                g.kind = 'stores' AND b.store_id = g.record_id
                OR g.kind = 'customers' AND b.customer_id = g.record_id
                OR g.kind = 'products' AND b.basket @> jsonb_build_object(
                    'lines', jsonb_build_array(jsonb_build_object('product_id', g.record_id))
                )
        )
    UNION ALL
    SELECT
        'the place of a user' AS reason,
        u.user_name AS called
    FROM crpm.users AS u
    INNER JOIN staging.going AS g ON g.kind = 'stores' AND u.store_id = g.record_id
    UNION ALL
    SELECT
        'carrying the history of another customer' AS reason,
        'customer ' || kept.name AS called
    FROM crpm.customers AS c
    INNER JOIN staging.going AS g ON g.kind = 'customers' AND c.merged_into_customer_id = g.record_id
    INNER JOIN crpm.customers AS kept ON g.record_id = kept.customer_id
    LEFT JOIN staging.going AS too ON too.kind = 'customers' AND c.customer_id = too.record_id
    WHERE too.record_id IS NULL
    UNION ALL
    SELECT
        'to go back to a subcategory that is not there any more' AS reason,
        'product ' || p.name AS called
    FROM own_changes AS o
    INNER JOIN crpm.products AS p ON o.table_name = 'products' AND o.row_key = p.product_id::text
    LEFT JOIN crpm.subcategories AS s ON o.old_values ->> 'subcategory_id' = s.subcategory_id::text
    WHERE o.old_values ? 'subcategory_id' AND s.subcategory_id IS NULL
    UNION ALL
    SELECT
        'of a category that goes' AS reason,
        'product ' || p.name AS called
    FROM crpm.products AS p
    LEFT JOIN own_changes AS o ON o.table_name = 'products' AND o.row_key = p.product_id::text
    INNER JOIN staging.going AS g
        ON g.kind = 'subcategories' AND g.record_id = coalesce((o.old_values ->> 'subcategory_id')::bigint, p.subcategory_id)
    LEFT JOIN staging.going AS too ON too.kind = 'products' AND p.product_id = too.record_id
    WHERE too.record_id IS NULL
    UNION ALL
    SELECT
        'of a category that goes' AS reason,
        'subcategory ' || s.name AS called
    FROM crpm.subcategories AS s
    INNER JOIN staging.going AS g ON g.kind = 'categories' AND s.category_id = g.record_id
    LEFT JOIN staging.going AS too ON too.kind = 'subcategories' AND s.subcategory_id = too.record_id
    WHERE too.record_id IS NULL
)

SELECT
    o.reason,
    count(DISTINCT o.called) AS found,
    (array_agg(DISTINCT o.called ORDER BY o.called))[1:3] AS examples
FROM obstacles AS o
GROUP BY o.reason
ORDER BY o.reason
LIMIT 100;
