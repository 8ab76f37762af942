-- Distribution of prices by category: percentiles, the commonest quantity, and how many are
-- dearer than nine tenths of their category.
WITH bounds AS (
    SELECT i.category, percentile_disc(0.5) WITHIN GROUP (ORDER BY l.price) AS median,
        percentile_disc(0.9) WITHIN GROUP (ORDER BY l.price) AS ninth,
        mode() WITHIN GROUP (ORDER BY l.quantity) AS commonest
    FROM lines l JOIN items i ON i.item_id = l.item_id
    GROUP BY i.category
)
SELECT b.category, b.median, b.ninth, b.commonest, count(*) AS dearer,
    array_agg(DISTINCT l.item_id ORDER BY l.item_id) FILTER (WHERE l.quantity = 5) AS bulk
FROM bounds b
JOIN items i ON i.category = b.category
JOIN lines l ON l.item_id = i.item_id AND l.price > b.ninth
GROUP BY b.category, b.median, b.ninth, b.commonest
ORDER BY b.category;
