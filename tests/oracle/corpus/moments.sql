-- now() and its like: compared by what is true of them.

-- scatter
SELECT count(*) FROM a WHERE ts < now();

-- scatter
SELECT count(*) FROM a WHERE d < current_date AND ts <> now();

-- gather
SELECT x, count(*) FILTER (WHERE ts < now()) FROM a GROUP BY x ORDER BY x;

-- gather
SELECT count(*) > 0 FROM a JOIN b ON a.x = b.x WHERE b.d < current_date;

-- gather
SELECT a.id FROM a WHERE ts > now() - interval '100 years' AND a.x IN (SELECT y FROM b WHERE d < now()) ORDER BY 1;

-- gather
SELECT now() = (SELECT now() FROM b LIMIT 1);

-- gather
SELECT count(DISTINCT now()) FROM b;
