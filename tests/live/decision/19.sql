-- Three channels under one another, with the totals of each and of all: a union of facts
-- that are aggregated alike, and grouping sets over it.
SELECT channel, category, sum(pieces) AS pieces, sum(amount) AS amount, grouping(channel, category) AS level
FROM (
    SELECT 'store' AS channel, i.category, l.quantity AS pieces, l.quantity * l.price AS amount
    FROM sales s JOIN lines l USING (customer_id, sale_id) JOIN items i USING (item_id)
    WHERE s.channel = 'store' AND s.day < date '2024-09-01'
    UNION ALL
    SELECT 'web', i.category, l.quantity, l.quantity * l.price
    FROM sales s JOIN lines l USING (customer_id, sale_id) JOIN items i USING (item_id)
    WHERE s.channel = 'web' AND s.day < date '2024-09-01'
    UNION ALL
    SELECT 'returned', i.category, -r.quantity, -r.quantity * l.price
    FROM returns r JOIN lines l USING (customer_id, sale_id, line_no) JOIN items i USING (item_id)
) x
GROUP BY GROUPING SETS ((channel, category), (channel), (category), ())
ORDER BY level, channel NULLS LAST, category NULLS LAST;
