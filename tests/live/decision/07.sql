-- What was returned against what was bought, by day of the week: two facts aggregated apart
-- and joined by what they were grouped by, none of which need be in both.
SELECT coalesce(b.weekday, r.weekday) AS weekday, coalesce(b.category, r.category) AS category,
    b.pieces AS bought, r.pieces AS returned,
    round(r.pieces::numeric / nullif(b.pieces, 0), 4) AS rate
FROM (
    SELECT d.weekday, i.category, sum(l.quantity) AS pieces
    FROM sales s JOIN lines l USING (customer_id, sale_id) JOIN items i USING (item_id)
    JOIN dates d ON d.day = s.day
    WHERE d.year = 2024 AND d.month < 3
    GROUP BY d.weekday, i.category
) b
FULL JOIN (
    SELECT d.weekday, i.category, sum(r.quantity) AS pieces
    FROM returns r JOIN lines l USING (customer_id, sale_id, line_no) JOIN items i USING (item_id)
    JOIN dates d ON d.day = r.day
    WHERE d.year = 2025 AND d.month > 8
    GROUP BY d.weekday, i.category
) r ON r.weekday = b.weekday AND r.category = b.category
ORDER BY 1, 2;
