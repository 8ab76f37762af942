-- Every customer's last purchase, and the one of each city that was the dearest.
SELECT DISTINCT ON (city) city, name, last_day, amount
FROM (
    SELECT c.city, c.name, s.day AS last_day, sum(l.quantity * l.price) AS amount,
        rank() OVER (PARTITION BY c.customer_id ORDER BY s.day DESC, s.sale_id DESC) AS place
    FROM customers c
    JOIN sales s ON s.customer_id = c.customer_id
    JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
    GROUP BY c.customer_id, c.city, c.name, s.day, s.sale_id
) purchases
WHERE place = 1
ORDER BY city NULLS LAST, amount DESC, name;
