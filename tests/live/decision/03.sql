-- Who buys in stores and nothing by the dozen on the web, never returned a thing as broken,
-- and has clicked on something of a category that was bought.
SELECT c.city, c.segment, count(*) AS customers, min(c.birth_year) AS oldest,
    max(c.birth_year) AS youngest
FROM customers c
WHERE EXISTS (SELECT 1 FROM sales s WHERE s.customer_id = c.customer_id AND s.channel = 'store')
    AND NOT EXISTS (
        SELECT 1 FROM sales s JOIN lines l USING (customer_id, sale_id)
        WHERE s.customer_id = c.customer_id AND s.channel = 'web' AND l.quantity * l.price > 800)
    AND NOT EXISTS (
        SELECT 1 FROM returns r
        WHERE r.customer_id = c.customer_id AND r.reason = 'broken')
    AND EXISTS (
        SELECT 1
        FROM clicks k JOIN items ki ON ki.item_id = k.item_id
        WHERE k.customer_id = c.customer_id AND ki.category IN (
            SELECT i.category FROM lines l JOIN items i ON i.item_id = l.item_id
            WHERE l.customer_id = c.customer_id AND l.quantity > 1))
GROUP BY c.city, c.segment
ORDER BY c.city NULLS FIRST, c.segment;
