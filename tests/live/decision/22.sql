-- Over a view of a view: who spent most in every segment, against those who recruited them.
SELECT p.segment, p.name, p.amount, p.lines, p.last_day, r.name AS recruiter,
    round(p.amount / nullif(r.amount, 0), 3) AS times
FROM spent p
JOIN customers c ON c.customer_id = p.customer_id
LEFT JOIN spent r ON r.customer_id = c.recruited_by
WHERE p.amount > (SELECT 1.5 * avg(a.amount) FROM spent a WHERE a.segment = p.segment)
    AND NOT EXISTS (SELECT 1 FROM returns x
        WHERE x.customer_id = p.customer_id AND x.reason = 'late')
ORDER BY p.segment, p.amount DESC, p.name
LIMIT 40;
