-- Revenue by month with what it was a month before, its running total in the year, and its
-- share of the year: windows over aggregates.
SELECT d.year, d.month, i.category, sum(l.quantity * l.price) AS revenue,
    lag(sum(l.quantity * l.price)) OVER (PARTITION BY i.category ORDER BY d.year, d.month) AS before,
    sum(sum(l.quantity * l.price)) OVER (
        PARTITION BY i.category, d.year ORDER BY d.month
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far,
    round(100 * sum(l.quantity * l.price)
        / sum(sum(l.quantity * l.price)) OVER (PARTITION BY d.year, d.month), 2) AS percent,
    rank() OVER (PARTITION BY d.year, d.month
        ORDER BY sum(l.quantity * l.price) DESC, i.category) AS place
FROM sales s
JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
JOIN items i ON i.item_id = l.item_id
JOIN dates d ON d.day = s.day
GROUP BY d.year, d.month, i.category
ORDER BY d.year, d.month, i.category;
