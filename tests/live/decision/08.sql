-- A cross table: each store's revenue by quarter, each in a column of its own.
SELECT st.store_id, st.name,
    sum(CASE WHEN d.month BETWEEN 1 AND 3 THEN l.quantity * l.price END) AS q1,
    sum(CASE WHEN d.month BETWEEN 4 AND 6 THEN l.quantity * l.price END) AS q2,
    sum(CASE WHEN d.month BETWEEN 7 AND 9 THEN l.quantity * l.price END) AS q3,
    sum(CASE WHEN d.month BETWEEN 10 AND 12 THEN l.quantity * l.price END) AS q4,
    count(*) FILTER (WHERE d.weekday > 5) AS on_weekends,
    round(avg(l.price), 3) AS average_price,
    sum(l.quantity * (l.price - i.cost)) AS margin
FROM sales s
JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
JOIN stores st ON st.store_id = s.store_id
JOIN dates d ON d.day = s.day
JOIN items i ON i.item_id = l.item_id
WHERE d.year = 2025
GROUP BY st.store_id, st.name
ORDER BY margin DESC, st.store_id;
