-- One row of many, over several shards.

-- scatter
SELECT count(*), count(x), sum(x), avg(x), min(x), max(x) FROM b;

-- scatter
SELECT sum(big), avg(big), min(big), max(big) FROM a;

-- scatter
SELECT sum(n), avg(n), min(n), max(n) FROM a WHERE n <> 'NaN';

-- scatter
SELECT sum(n), max(n), min(n) FROM a;

-- inexact
-- gather
SELECT sum(f), avg(f), stddev(f), variance(f), stddev_pop(f), var_pop(f) FROM a;

-- inexact
-- gather
SELECT corr(f, x), covar_pop(f, x), covar_samp(f, x), regr_slope(f, x), regr_intercept(f, x), regr_r2(f, x), regr_count(f, x) FROM a;

-- scatter
SELECT sum(g), min(g), max(g) FROM a;

-- gather
SELECT stddev(x), variance(x), stddev_pop(n), var_samp(y) FROM b;

-- gather
SELECT min(t), max(t), min(c), max(c) FROM a;

-- scatter
SELECT min(d), max(d), min(ts), max(ts) FROM a;

-- gather
SELECT bool_and(b), bool_or(b), every(b), bit_and(x), bit_or(x), bit_xor(x) FROM a;

-- gather
SELECT min(m), max(m), count(DISTINCT m) FROM a;

-- gather
SELECT count(DISTINCT x), sum(DISTINCT x), avg(DISTINCT n), count(DISTINCT t), count(DISTINCT c) FROM a;

-- gather
SELECT count(DISTINCT aid), count(DISTINCT x + y) FROM b;

-- gather
SELECT string_agg(t, ',' ORDER BY t) FROM b;

-- gather
SELECT string_agg(c, ',' ORDER BY c DESC, id) FROM a;

-- gather
SELECT string_agg(DISTINCT t, ',' ORDER BY t) FROM b;

-- gather
SELECT array_agg(bid ORDER BY y, bid), array_agg(DISTINCT x) FROM b;

-- gather
SELECT jsonb_agg(x ORDER BY bid), json_agg(t ORDER BY bid), jsonb_object_agg(bid, t) FROM b WHERE aid < 30;

-- scatter
SELECT count(*) FILTER (WHERE x > 3), sum(y) FILTER (WHERE t LIKE 'a%'), avg(x) FILTER (WHERE false) FROM b;

-- gather
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY f), percentile_disc(0.25) WITHIN GROUP (ORDER BY x), mode() WITHIN GROUP (ORDER BY t) FROM b;

-- gather
SELECT percentile_disc(ARRAY[0.1, 0.5, 0.9]) WITHIN GROUP (ORDER BY t) FROM b;

-- gather
SELECT rank(3) WITHIN GROUP (ORDER BY x), dense_rank(3) WITHIN GROUP (ORDER BY x) FROM b;

-- gather
SELECT sum(x) + count(*), max(x) - min(x), coalesce(sum(x), 0) * 2, round(avg(y), 2) FROM b;

-- scatter
SELECT sum(CASE WHEN x > 2 THEN y ELSE -y END), count(nullif(t, '')) FROM b;

-- gather
SELECT count(*), sum(x), avg(x), min(t), max(n), bool_and(x > 0), string_agg(t, ','), array_agg(x) FROM b WHERE aid < -5;

-- gather
SELECT count(*), sum(x), min(t) FROM e;

-- scatter
SELECT count(*) FROM a JOIN b ON b.aid = a.id WHERE a.x > 2;

-- gather
SELECT sum(a.x * b.y) FROM a JOIN b ON b.x = a.grp;

-- gather
SELECT count(*) FROM b HAVING count(*) > 5;

-- gather
SELECT sum(x) FROM b HAVING min(y) > 100;

-- gather
SELECT count(*) FROM (SELECT DISTINCT x, y FROM b) q;

-- gather
SELECT max(n), avg(s) FROM (SELECT x, count(*) AS n, sum(y) AS s FROM b GROUP BY x) q;

-- gather
SELECT sum(x) FROM b WHERE x > (SELECT avg(y) FROM c, b);

-- gather
SELECT max(x) FILTER (WHERE y < (SELECT avg(x) FROM c)) FROM b;

-- scatter
SELECT count(*) AS n, sum(x) FROM b ORDER BY n LIMIT 1;

-- gather
SELECT rank(3) WITHIN GROUP (ORDER BY x) FROM b;

-- gather
SELECT x, array_agg(DISTINCT y ORDER BY y DESC) FROM b GROUP BY x ORDER BY x;

-- gather
SELECT json_object_agg(bid, x ORDER BY bid) FROM b;

-- gather
SELECT jsonb_object_agg(bid, x) FROM b;

-- scatter
SELECT count(*) FILTER (WHERE x > 3) AS n, sum(y) FILTER (WHERE x > 100) AS s FROM b;

-- gather
SELECT count(*) FILTER (WHERE x IN (SELECT x FROM c WHERE num < 5)) FROM b;

-- gather
SELECT sum(x) FILTER (WHERE EXISTS (SELECT 1 FROM c WHERE c.x = b.x)) FROM b;

-- gather
SELECT max(x) - min(y) AS z, avg(x)::int FROM b;

-- inexact
-- gather
SELECT avg(x), avg(n), stddev(x), var_samp(n), corr(x, y), regr_count(x, y), covar_pop(x, y) FROM b;

-- gather
SELECT sum(NULL::int), count(NULL), max(NULL::text) FROM b;

-- scatter
SELECT bool_and(b), bool_or(b), every(b) FROM a WHERE id < 0;

-- scatter
SELECT sum(n), avg(n) FROM a WHERE n <> 'NaN';

-- gather
SELECT min(arr), max(arr) FROM a;

-- gather
SELECT min(m), max(m) FROM a;
