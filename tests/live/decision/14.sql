-- Clicks, carts and purchases of a customer in the order of time: how long between the
-- first look and what came of it. Everything within a customer.
SELECT segment, outcome, count(*) AS customers, sum(days) AS days, max(days) AS longest
FROM (
    SELECT c.segment, c.customer_id,
        CASE WHEN bool_or(k.action = 'buy') THEN 'bought'
            WHEN bool_or(k.action = 'cart') THEN 'in the cart' ELSE 'looked' END AS outcome,
        max(k.day) - min(k.day) AS days
    FROM customers c
    JOIN LATERAL (
        SELECT x.day, x.action FROM clicks x
        WHERE x.customer_id = c.customer_id AND x.seconds IS NOT NULL
        ORDER BY x.day, x.click_id LIMIT 5
    ) k ON true
    GROUP BY c.segment, c.customer_id
) per_customer
GROUP BY CUBE (segment, outcome)
ORDER BY segment NULLS LAST, outcome NULLS LAST;
