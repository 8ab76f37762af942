-- Window functions with the key in PARTITION BY, and without it.

-- scatter
SELECT bid, row_number() OVER (PARTITION BY aid ORDER BY bid) FROM b ORDER BY bid;

-- scatter
SELECT bid, sum(x) OVER (PARTITION BY aid ORDER BY bid ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM b ORDER BY bid;

-- gather
SELECT bid, rank() OVER (ORDER BY y), dense_rank() OVER (ORDER BY y), percent_rank() OVER (ORDER BY y), cume_dist() OVER (ORDER BY y) FROM b ORDER BY bid;

-- gather
SELECT bid, row_number() OVER (ORDER BY t, bid) FROM b ORDER BY bid;

-- gather
SELECT bid, row_number() OVER (PARTITION BY x ORDER BY bid DESC) FROM b ORDER BY bid;

-- gather
SELECT bid, lag(t) OVER (ORDER BY bid), lead(x, 2, -1) OVER (ORDER BY bid), first_value(y) OVER (ORDER BY bid), nth_value(y, 3) OVER (ORDER BY bid) FROM b ORDER BY bid;

-- gather
SELECT bid, ntile(4) OVER (ORDER BY bid) FROM b ORDER BY bid;

-- gather
SELECT bid, count(*) OVER () FROM b ORDER BY bid LIMIT 3;

-- gather
SELECT num, sum(x) OVER win, max(x) OVER (win ROWS 2 PRECEDING) FROM c WINDOW win AS (PARTITION BY grp ORDER BY num) ORDER BY num;

-- gather
SELECT bid, sum(x) OVER (ORDER BY y RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM b ORDER BY bid;

-- gather
SELECT bid, sum(x) OVER (ORDER BY y GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM b ORDER BY bid;

-- gather
SELECT bid, count(*) OVER (ORDER BY bid ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW) FROM b ORDER BY bid;

-- inexact
-- gather
SELECT bid, avg(f) OVER (PARTITION BY x) FROM b ORDER BY bid;

-- gather
SELECT bid, string_agg(t, ',') OVER (PARTITION BY x ORDER BY bid) FROM b ORDER BY bid;

-- gather
SELECT x, count(*), rank() OVER (ORDER BY count(*) DESC) FROM b GROUP BY x ORDER BY x;

-- gather
SELECT x, sum(count(*)) OVER (ORDER BY x), sum(sum(y)) OVER () FROM b GROUP BY x ORDER BY x;

-- gather
SELECT aid, count(*), rank() OVER (ORDER BY count(*)) FROM b GROUP BY aid ORDER BY aid;

-- gather
SELECT * FROM (SELECT bid, x, row_number() OVER (PARTITION BY x ORDER BY bid) AS r FROM b) q WHERE r <= 2 ORDER BY x, r;

-- gather
SELECT * FROM (SELECT aid, bid, row_number() OVER (PARTITION BY aid ORDER BY bid) AS r FROM b) q WHERE r = 1 ORDER BY aid;

-- gather
SELECT a.id, c.num, sum(c.x) OVER (PARTITION BY a.grp ORDER BY c.num) FROM a JOIN c ON c.owner = a.id ORDER BY 2;

-- gather
SELECT a.id, b.bid, count(*) OVER (PARTITION BY a.id) FROM a JOIN b ON b.x = a.x ORDER BY 1, 2;

-- gather
SELECT bid, rank() OVER (ORDER BY t) FROM b ORDER BY bid;

-- gather
SELECT id, rank() OVER (ORDER BY c, id), last_value(c) OVER (ORDER BY c, id) FROM a ORDER BY id;

-- gather
SELECT bid FROM b ORDER BY row_number() OVER (ORDER BY bid DESC) LIMIT 4;

-- gather
SELECT x, count(*) FILTER (WHERE y > 2) OVER (PARTITION BY x) FROM b ORDER BY bid;

-- scatter
SELECT id, count(*) OVER (PARTITION BY id, x ORDER BY t) FROM a ORDER BY id;

-- gather
SELECT e.id, rank() OVER (ORDER BY x) FROM e;

-- gather
SELECT count(*) OVER win AS c3 FROM c c1 WINDOW win AS ();

-- gather
SELECT count(*) OVER (w1) FROM b WINDOW w1 AS ();

-- gather
SELECT count(*) OVER w1 FROM b WINDOW w1 AS (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);

-- gather
SELECT q.n FROM (SELECT count(*) OVER win AS n FROM c WINDOW win AS ()) q;

-- gather
SELECT sum(w1.x) OVER win FROM w w1 WINDOW win AS ();

-- gather
SELECT max(r) FROM (SELECT rank() OVER (ORDER BY n DESC) AS r FROM (SELECT x, count(*) OVER (PARTITION BY x) AS n FROM b) q) z;

-- gather
SELECT bid, sum(r) OVER (ORDER BY bid) FROM (SELECT bid, row_number() OVER (PARTITION BY x ORDER BY bid) AS r FROM b) q ORDER BY bid;

-- gather
SELECT bid, sum(y) OVER (ORDER BY bid ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM b ORDER BY bid;

-- gather
SELECT bid, sum(y) OVER (ORDER BY x NULLS FIRST RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP) FROM b ORDER BY bid;

-- scatter
SELECT bid, count(*) OVER (PARTITION BY aid ORDER BY x GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM b ORDER BY bid;

-- gather
SELECT bid, sum(y) FILTER (WHERE x > 2) OVER (PARTITION BY y ORDER BY bid) FROM b ORDER BY bid;

-- gather
SELECT bid, sum(y) OVER w2, count(*) OVER (w2 ROWS UNBOUNDED PRECEDING), max(y) OVER w1 FROM b WINDOW w1 AS (PARTITION BY x), w2 AS (w1 ORDER BY bid) ORDER BY bid;

-- scatter
SELECT bid, first_value(t) OVER w, last_value(t) OVER w, nth_value(t, 2) OVER w FROM b WINDOW w AS (PARTITION BY aid ORDER BY bid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) ORDER BY bid;

-- gather
SELECT x, sum(count(*)) OVER (ORDER BY x), avg(sum(y)) OVER () FROM b GROUP BY x ORDER BY x;

-- gather
SELECT x, y, grouping(x, y), count(*), sum(count(*)) OVER (PARTITION BY grouping(x, y)) FROM b GROUP BY CUBE (x, y) ORDER BY 1, 2, 3;

-- gather
SELECT bid FROM b ORDER BY row_number() OVER (ORDER BY bid DESC);

-- gather
SELECT x FROM b ORDER BY count(*) OVER (PARTITION BY x), bid;

-- gather
SELECT DISTINCT count(*) OVER (PARTITION BY x) FROM b ORDER BY 1;
