-- A chain of queries: months, their growth, and the months in which all categories grew.
WITH monthly AS (
    SELECT d.year * 100 + d.month AS month, i.category, sum(l.quantity * l.price) AS amount
    FROM lines l
    JOIN sales s ON s.customer_id = l.customer_id AND s.sale_id = l.sale_id
    JOIN dates d ON d.day = s.day
    JOIN items i ON i.item_id = l.item_id
    GROUP BY 1, 2
), compared AS (
    SELECT month, category, amount,
        amount - lag(amount) OVER (PARTITION BY category ORDER BY month) AS growth
    FROM monthly
), judged AS (
    SELECT month, count(*) FILTER (WHERE growth > 0) AS grew, count(*) AS categories,
        sum(amount) AS amount
    FROM compared WHERE growth IS NOT NULL GROUP BY month
)
SELECT j.month, j.grew, j.categories, j.amount,
    (SELECT string_agg(c.category, ', ' ORDER BY c.growth DESC, c.category)
     FROM compared c WHERE c.month = j.month AND c.growth > 0) AS those
FROM judged j
WHERE j.grew >= 3
ORDER BY j.month;
