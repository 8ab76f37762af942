-- GROUP BY with and without the key, HAVING, GROUPING SETS.

-- scatter
SELECT aid, count(*) FROM b GROUP BY aid;

-- scatter
SELECT aid, x, count(*), max(t) FROM b GROUP BY aid, x ORDER BY 1, 2;

-- scatter
SELECT a.id, a.t, count(b.bid) FROM a LEFT JOIN b ON b.aid = a.id GROUP BY a.id ORDER BY a.id;

-- gather
SELECT x, count(*), sum(y), avg(y), min(t), max(d) FROM b GROUP BY x ORDER BY x;

-- gather
SELECT x, sum(big) FROM a GROUP BY x ORDER BY x NULLS FIRST;

-- inexact
-- gather
SELECT grp, sum(f), avg(f), stddev_samp(f) FROM a GROUP BY grp ORDER BY grp;

-- gather
SELECT n, count(*) FROM a GROUP BY n ORDER BY n;

-- gather
SELECT g, count(*) FROM a GROUP BY g ORDER BY g;

-- gather
SELECT t, count(*) FROM b GROUP BY t ORDER BY t;

-- gather
SELECT c, count(*) FROM a GROUP BY c ORDER BY c;

-- gather
SELECT lower(t), count(*) FROM b GROUP BY lower(t) ORDER BY count(*) DESC, 1;

-- gather
SELECT lower(t) AS l, count(*) AS n FROM b GROUP BY l ORDER BY n DESC, l LIMIT 4;

-- gather
SELECT d, count(*) FROM a GROUP BY d ORDER BY d DESC NULLS LAST;

-- gather
SELECT b, m, count(*) FROM a GROUP BY b, m ORDER BY 1, 2;

-- gather
SELECT arr, count(*) FROM a GROUP BY arr ORDER BY arr;

-- gather
SELECT js, count(*) FROM a GROUP BY js ORDER BY js;

-- gather
SELECT x % 3 AS r, count(*) FROM b GROUP BY 1 HAVING count(*) > 10 ORDER BY 1;

-- gather
SELECT x, sum(y) FROM b GROUP BY x HAVING sum(y) > (SELECT avg(y) FROM b) ORDER BY x;

-- gather
SELECT x FROM b GROUP BY x HAVING max(t) IS NULL OR count(DISTINCT y) > 3 ORDER BY x;

-- gather
SELECT x, count(DISTINCT y), array_agg(DISTINCT y ORDER BY y), string_agg(t, ',' ORDER BY t, bid) FROM b GROUP BY x ORDER BY x;

-- gather
SELECT x, count(*) FILTER (WHERE y > 2) FROM b GROUP BY x ORDER BY x;

-- gather
SELECT x, percentile_cont(0.5) WITHIN GROUP (ORDER BY y), mode() WITHIN GROUP (ORDER BY t) FROM b GROUP BY x ORDER BY x;

-- gather
SELECT r1.t, count(*) FROM b JOIN r1 ON r1.rid = b.x GROUP BY r1.t ORDER BY 1;

-- gather
SELECT c.grp, b.y, count(*), sum(b.x * c.x) FROM b JOIN c ON c.owner = b.aid GROUP BY c.grp, b.y ORDER BY 1, 2;

-- gather
SELECT c.grp, count(*) FROM b JOIN c ON c.x = b.y GROUP BY c.grp ORDER BY 1;

-- gather
SELECT x, y, count(*) FROM b GROUP BY ROLLUP (x, y) ORDER BY 1, 2, 3;

-- gather
SELECT x, y, grouping(x, y), sum(bid) FROM b GROUP BY CUBE (x, y) ORDER BY 3, 1, 2;

-- gather
SELECT aid, x, count(*) FROM b GROUP BY GROUPING SETS ((aid), (x), ()) ORDER BY 1, 2, 3;

-- gather
SELECT grp, b, m, max(x) FROM a GROUP BY GROUPING SETS (ROLLUP (grp, b), (m)) HAVING count(*) > 1 ORDER BY 1, 2, 3, 4;

-- gather
SELECT x, grouping(x) FROM e GROUP BY ROLLUP (x);

-- gather
SELECT x FROM e GROUP BY x;

-- scatter
SELECT id, x, count(*) FROM a GROUP BY id, ROLLUP (x) ORDER BY 1, 2, 3;

-- gather
SELECT 1 FROM b GROUP BY ();

-- gather
SELECT x, count(*) FROM b GROUP BY DISTINCT ROLLUP (x), ROLLUP (x) ORDER BY 1, 2;

-- gather
SELECT a.id, a.t, count(b.bid) FROM a LEFT JOIN b ON b.x = a.x GROUP BY a.id ORDER BY a.id;

-- gather
SELECT a.*, count(b.bid) FROM a LEFT JOIN b ON b.x = a.x GROUP BY a.id ORDER BY a.id;

-- gather
SELECT b.aid, b.bid, b.t, count(*) FROM b JOIN c ON c.x = b.x GROUP BY b.aid, b.bid ORDER BY 1, 2;

-- gather
SELECT a.t, r1.t, count(*) FROM a JOIN b ON a.x = b.y JOIN r1 ON r1.rid = b.x GROUP BY a.id, r1.rid ORDER BY a.id, r1.rid;

-- gather
SELECT x + 1, (x + 1) * 2, count(*) FROM b GROUP BY x + 1 ORDER BY 1;

-- gather
SELECT upper(t) || '!', count(*) FROM b GROUP BY upper(t) ORDER BY upper(t);

-- gather
SELECT coalesce(x, 0) + 1 + sum(y), CASE WHEN coalesce(x, 0) > 2 THEN 'big' ELSE 'small' END FROM b GROUP BY coalesce(x, 0) ORDER BY 1, 2;

-- gather
SELECT x % 2 AS p, sum(y) * (x % 2) FROM b GROUP BY x % 2 ORDER BY x % 2;

-- gather
SELECT x FROM b GROUP BY x ORDER BY count(*) DESC, sum(y), x;

-- gather
SELECT x FROM b GROUP BY x ORDER BY avg(y) DESC NULLS LAST, x;

-- gather
SELECT x FROM b GROUP BY x ORDER BY count(DISTINCT y), x;

-- gather
SELECT 1 FROM b HAVING count(*) > 3;

-- gather
SELECT 1 FROM b HAVING count(*) > 300;

-- gather
SELECT count(*) FROM b HAVING max(x) > 3 AND min(y) = 0;

-- gather
SELECT sum(x) FROM b WHERE false HAVING count(*) = 0;

-- gather
SELECT *, count(*) OVER () FROM a GROUP BY id ORDER BY id;

-- gather
SELECT r1.*, count(*) FROM r1 JOIN b ON b.x = r1.rid GROUP BY r1.rid ORDER BY r1.rid;

-- gather
SELECT r1.rid, r1.t, count(*) FROM r1 JOIN b ON b.x = r1.rid GROUP BY r1.rid ORDER BY r1.t COLLATE "C", 1;

-- gather
SELECT r1.rid, row_to_json(r1), count(*) FROM r1 JOIN b ON b.x = r1.rid GROUP BY r1.rid ORDER BY r1.rid;

-- gather
SELECT row_to_json(a), count(b.bid) FROM a LEFT JOIN b ON b.x = a.x GROUP BY a.id ORDER BY a.id;

-- gather
SELECT a.id, (SELECT a.t), count(b.bid) FROM a LEFT JOIN b ON b.x = a.x GROUP BY a.id ORDER BY a.id;

-- gather
SELECT a.id FROM a JOIN b ON b.x = a.x GROUP BY a.id HAVING count(*) > a.grp ORDER BY a.t COLLATE "C", a.id;

-- gather
SELECT a.id, rank() OVER (ORDER BY a.x) FROM a JOIN b ON b.x = a.x GROUP BY a.id ORDER BY a.id;

-- gather
SELECT a.id, rank() OVER w FROM a JOIN b ON b.x = a.x GROUP BY a.id WINDOW w AS (ORDER BY a.x) ORDER BY a.id;

-- gather
SELECT a.id, count(*) OVER (PARTITION BY a.grp) FROM a JOIN b ON b.x = a.x GROUP BY a.id ORDER BY a.id;

-- gather
SELECT q.id, q.t, count(*) FROM (SELECT * FROM a) q JOIN b ON b.x = q.x GROUP BY q.id, q.t ORDER BY 1;

-- scatter
SELECT id, t FROM a GROUP BY id ORDER BY id;

-- gather
SELECT id, a.t, count(*) FROM a JOIN b USING (x) GROUP BY id ORDER BY id;

-- gather
SELECT x, a.t, count(*) FROM a JOIN b USING (x) GROUP BY id ORDER BY id;

-- gather
SELECT x, a.t, count(*) FROM a LEFT JOIN b USING (x) GROUP BY id ORDER BY id;

-- gather
SELECT a.t, count(*) FROM a RIGHT JOIN b USING (x) GROUP BY a.id ORDER BY a.id;

-- gather
SELECT a.t, count(*) FROM a FULL JOIN b USING (x) GROUP BY a.id ORDER BY a.id;

-- gather
SELECT a.id + 1, upper(a.t) FROM a JOIN b ON a.x = b.x GROUP BY a.id ORDER BY a.id;

-- gather
SELECT (array_agg(a.x ORDER BY b.bid))[1], a.id FROM a JOIN b ON a.x = b.x GROUP BY a.id ORDER BY a.id;

-- gather
SELECT a.arr[1], a.js ->> 'a', count(*) FROM a JOIN b ON a.x = b.x GROUP BY a.id ORDER BY a.id;

-- gather
SELECT arr[1], count(*) FROM a GROUP BY arr[1] ORDER BY 1;

-- gather
SELECT arr[1], arr[1] + 1, count(*) FROM a GROUP BY 1, 2 ORDER BY 1, 2;

-- gather
SELECT js ->> 'a' AS k, count(*) FROM a GROUP BY js ->> 'a' ORDER BY js ->> 'a' NULLS FIRST;

-- gather
SELECT CASE WHEN x > 3 THEN 'big' ELSE 'small' END AS s, count(*), sum(x) FROM b GROUP BY CASE WHEN x > 3 THEN 'big' ELSE 'small' END ORDER BY CASE WHEN x > 3 THEN 'big' ELSE 'small' END;

-- gather
SELECT date_trunc('month', d)::date AS m, count(*) FROM b GROUP BY date_trunc('month', d) ORDER BY date_trunc('month', d);

-- gather
SELECT extract(dow FROM d) AS dow, count(*) FROM b GROUP BY extract(dow FROM d) ORDER BY extract(dow FROM d);

-- gather
SELECT x AS y, y AS x, count(*) FROM b GROUP BY x, y ORDER BY x, y;

-- gather
SELECT y AS x, count(*) FROM b GROUP BY x, y ORDER BY x, 2;

-- scatter
SELECT -x AS x FROM b ORDER BY x, bid LIMIT 5;

-- gather
SELECT -x AS x, count(*) FROM b GROUP BY b.x ORDER BY x;

-- gather
SELECT b.x AS z, sum(b.y) AS y FROM b GROUP BY z ORDER BY y, z;

-- gather
SELECT x, count(*) FROM b GROUP BY DISTINCT ROLLUP (x, y), ROLLUP (x) ORDER BY 1, 2;

-- gather
SELECT count(*) FROM b GROUP BY ();

-- gather
SELECT count(*) FROM b WHERE false GROUP BY ();

-- gather
SELECT x FROM b GROUP BY GROUPING SETS ((x), ()) HAVING grouping(x) = 1 OR count(*) > 5 ORDER BY x;

-- gather
SELECT x, sum(y) FROM b GROUP BY x HAVING sum(y) > (SELECT avg(y) FROM c JOIN b b2 ON b2.x = c.x) ORDER BY x;
