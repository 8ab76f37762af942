-- Eight tables in one join, those of a customer and all the dimensions; the best brands of
-- every region and year.
SELECT st.region, d.year, i.brand, count(*) AS lines,
    sum(l.quantity * l.price) AS sold, sum(coalesce(r.quantity, 0) * l.price) AS returned,
    count(DISTINCT c.customer_id) AS customers
FROM sales s
JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
JOIN customers c ON c.customer_id = s.customer_id
JOIN items i ON i.item_id = l.item_id
JOIN stores st ON st.store_id = s.store_id
JOIN dates d ON d.day = s.day
LEFT JOIN returns r ON r.customer_id = l.customer_id AND r.sale_id = l.sale_id
    AND r.line_no = l.line_no
LEFT JOIN promotions p ON p.promotion_id = l.promotion_id AND s.day BETWEEN p.starts AND p.ends
WHERE c.segment <> 'school' AND NOT d.holiday AND (p.channel IS NULL OR p.channel <> 'radio')
GROUP BY st.region, d.year, i.brand
HAVING sum(l.quantity * l.price) > 5000
ORDER BY st.region, d.year, sold DESC, i.brand
LIMIT 40;
