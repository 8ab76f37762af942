-- Regions against their targets, which are a local table: every region, and every target.
SELECT coalesce(t.region, a.region) AS region, coalesce(t.quarter, a.quarter) AS quarter,
    t.amount AS target, a.amount, a.amount >= t.amount AS reached
FROM targets t
FULL JOIN (
    SELECT st.region, (d.month + 2) / 3 AS quarter, sum(l.quantity * l.price) AS amount
    FROM sales s
    JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
    JOIN stores st ON st.store_id = s.store_id
    JOIN dates d ON d.day = s.day
    WHERE d.year = 2024
    GROUP BY st.region, (d.month + 2) / 3
) a ON a.region = t.region AND a.quarter = t.quarter
ORDER BY 1, 2;
