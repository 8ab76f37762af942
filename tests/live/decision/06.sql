-- Items bought in stores and on the web and looked at, but never returned as broken: set
-- operations over facts, by another column than the key.
SELECT i.item_id, i.brand, i.category
FROM items i
JOIN (
    (SELECT l.item_id FROM lines l JOIN sales s USING (customer_id, sale_id) WHERE s.channel = 'store'
     INTERSECT
     SELECT l.item_id FROM lines l JOIN sales s USING (customer_id, sale_id) WHERE s.channel = 'web'
     INTERSECT
     SELECT k.item_id FROM clicks k WHERE k.action = 'view')
    EXCEPT
    SELECT l.item_id FROM returns r JOIN lines l USING (customer_id, sale_id, line_no)
    WHERE r.reason = 'broken'
) both_ways ON both_ways.item_id = i.item_id
ORDER BY i.category, i.item_id;
