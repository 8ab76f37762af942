-- Customers of one segment who bought more than theirs does on average, in one quarter, and
-- how far above it they are.
WITH spent AS (
    SELECT c.customer_id, c.name, c.segment, sum(l.quantity * l.price) AS amount
    FROM customers c
    JOIN sales s ON s.customer_id = c.customer_id
    JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
    WHERE s.day >= date '2024-04-01' AND s.day < date '2024-07-01'
    GROUP BY c.customer_id, c.name, c.segment
)
SELECT a.name, a.segment, a.amount, round(a.amount / b.average, 4) AS times
FROM spent a
JOIN (SELECT segment, avg(amount) AS average FROM spent GROUP BY segment) b
    ON b.segment = a.segment
WHERE a.amount > 1.2 * b.average
ORDER BY times DESC, a.name
LIMIT 50;
