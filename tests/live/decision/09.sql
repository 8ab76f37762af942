-- The three best items of every category and year, by revenue, and by pieces if that is even.
SELECT year, category, place, item_id, revenue, pieces
FROM (
    SELECT d.year, i.category, i.item_id, sum(l.quantity * l.price) AS revenue,
        sum(l.quantity) AS pieces,
        row_number() OVER (PARTITION BY d.year, i.category
            ORDER BY sum(l.quantity * l.price) DESC, sum(l.quantity) DESC, i.item_id) AS place
    FROM sales s
    JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
    JOIN items i ON i.item_id = l.item_id
    JOIN dates d ON d.day = s.day
    GROUP BY d.year, i.category, i.item_id
) ranked
WHERE place <= 3
ORDER BY year, category, place;
