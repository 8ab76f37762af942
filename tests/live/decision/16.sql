-- Pairs of items that are bought together by at least three customers.
SELECT a.item_id AS one, b.item_id AS other, ia.category AS one_of, ib.category AS other_of,
    count(DISTINCT a.customer_id) AS customers, sum(a.quantity + b.quantity) AS pieces
FROM lines a
JOIN lines b ON b.customer_id = a.customer_id AND b.sale_id = a.sale_id AND b.item_id > a.item_id
JOIN items ia ON ia.item_id = a.item_id
JOIN items ib ON ib.item_id = b.item_id
WHERE ia.category <> ib.category
GROUP BY a.item_id, b.item_id, ia.category, ib.category
HAVING count(DISTINCT a.customer_id) >= 3
ORDER BY customers DESC, pieces DESC, one, other
LIMIT 30;
