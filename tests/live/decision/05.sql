-- Sales and returns by region, channel and year with all their totals.
SELECT coalesce(st.region, '(web)') AS region, d.year, s.channel,
    grouping(coalesce(st.region, '(web)'), d.year, s.channel) AS level,
    count(DISTINCT s.sale_id) AS sales, sum(l.quantity) AS pieces,
    sum(l.quantity * l.price) FILTER (WHERE l.promotion_id IS NOT NULL) AS promoted,
    count(r.return_id) AS returns
FROM sales s
JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
JOIN dates d ON d.day = s.day
LEFT JOIN stores st ON st.store_id = s.store_id
LEFT JOIN returns r ON r.customer_id = l.customer_id AND r.sale_id = l.sale_id
    AND r.line_no = l.line_no
GROUP BY ROLLUP (coalesce(st.region, '(web)'), d.year, s.channel)
ORDER BY level, region NULLS LAST, d.year NULLS LAST, s.channel NULLS LAST;
