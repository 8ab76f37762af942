-- Those who were recruited by customers, down the line, and what each such tree has bought.
WITH RECURSIVE tree AS (
    SELECT customer_id, customer_id AS root, 0 AS depth
    FROM customers WHERE recruited_by IS NULL
    UNION ALL
    SELECT c.customer_id, t.root, t.depth + 1
    FROM customers c JOIN tree t ON c.recruited_by = t.customer_id
    WHERE t.depth < 6
)
SELECT t.root, t.depth, count(DISTINCT t.customer_id) AS members, count(s.sale_id) AS sales,
    sum(l.quantity * l.price) AS amount
FROM tree t
LEFT JOIN sales s ON s.customer_id = t.customer_id AND s.channel = 'web'
LEFT JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id AND l.line_no = 1
GROUP BY t.root, t.depth
ORDER BY t.root, t.depth;
