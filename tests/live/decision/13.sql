-- What stores have on hand against what they sold in the quarter before: two facts of
-- different keys.
SELECT v.store_id, i.category, v.day, sum(v.on_hand) AS on_hand, coalesce(sum(q.pieces), 0) AS sold
FROM inventory v
JOIN items i ON i.item_id = v.item_id
LEFT JOIN (
    SELECT s.store_id, l.item_id, date_trunc('quarter', s.day)::date AS quarter,
        sum(l.quantity) AS pieces
    FROM sales s JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
    WHERE s.store_id IS NOT NULL
    GROUP BY 1, 2, 3
) q ON q.store_id = v.store_id AND q.item_id = v.item_id
    AND q.quarter <= v.day AND v.day < q.quarter + 95
WHERE v.store_id < 7
GROUP BY v.store_id, i.category, v.day
HAVING sum(v.on_hand) > coalesce(sum(q.pieces), 0)
ORDER BY v.day, v.store_id, i.category;
