-- Lines that cost at least a fifth more than their item did on average at the same store:
-- correlated by other columns than the key.
SELECT s.store_id, l.item_id, s.customer_id, s.sale_id, l.line_no, l.price
FROM sales s
JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
WHERE s.store_id IN (SELECT store_id FROM stores WHERE region = 'east')
    AND s.day >= date '2025-11-01'
    AND l.price > 1.2 * (
        SELECT avg(o.price)
        FROM lines o JOIN sales t ON t.customer_id = o.customer_id AND t.sale_id = o.sale_id
        WHERE o.item_id = l.item_id AND t.store_id = s.store_id)
ORDER BY s.store_id, l.item_id, l.price DESC, s.customer_id, s.sale_id, l.line_no
LIMIT 60;
