-- Over a view: the best two categories of every region and year, with their share.
SELECT year, region, place, category, amount, percent
FROM (
    SELECT year, coalesce(region, '(web)') AS region, category, sum(amount) AS amount,
        round(100 * sum(amount) / sum(sum(amount)) OVER (PARTITION BY year, region), 2) AS percent,
        row_number() OVER (PARTITION BY year, region ORDER BY sum(amount) DESC, category) AS place
    FROM sold
    WHERE amount > 20
    GROUP BY year, region, category
) ranked
WHERE place <= 2
ORDER BY year, region, place;
