-- Cities whose customers all bought, and whose revenue is above the middle of all cities and
-- not in the list of those where more was returned than in Bern: nested aggregates, NOT IN
-- with NULLs, ALL.
WITH by_city AS (
    SELECT c.city, count(DISTINCT c.customer_id) AS customers,
        count(DISTINCT s.customer_id) AS buyers, coalesce(sum(l.quantity * l.price), 0) AS amount,
        count(r.return_id) AS returns
    FROM customers c
    LEFT JOIN sales s ON s.customer_id = c.customer_id
    LEFT JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
    LEFT JOIN returns r ON r.customer_id = l.customer_id AND r.sale_id = l.sale_id
        AND r.line_no = l.line_no
    GROUP BY c.city
)
SELECT b.city, b.customers, b.buyers, b.amount, b.returns,
    (SELECT count(*) FROM by_city o WHERE o.amount > b.amount) + 1 AS place
FROM by_city b
WHERE b.amount >= (SELECT avg(m.amount) * 0.5 FROM (SELECT sum(amount) AS amount FROM by_city GROUP BY city) m)
    AND (b.city NOT IN (SELECT x.city FROM by_city x WHERE x.city IS NOT NULL
             AND x.returns > ALL (SELECT y.returns FROM by_city y WHERE y.city = 'Bern'))
        OR b.buyers < b.customers)
ORDER BY place, b.city NULLS LAST;
