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
SELECT aid, x, count(*) FROM b GROUP BY GROUPING SETS ((aid), (x), ()) ORDER BY 1, 2;

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
