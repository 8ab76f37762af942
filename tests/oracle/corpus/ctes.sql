-- WITH: plain, nested, used twice, materialized, co-located and not.

-- gather
WITH q AS (SELECT aid, count(*) AS n FROM b GROUP BY aid) SELECT a.id, q.n FROM a JOIN q ON q.aid = a.id ORDER BY 1;

-- gather
WITH q AS (SELECT * FROM b WHERE x > 3) SELECT bid FROM q ORDER BY bid;

-- gather
WITH q AS (SELECT x, count(*) AS n FROM b GROUP BY x) SELECT * FROM q ORDER BY 1;

-- gather
WITH q AS (SELECT x, count(*) AS n FROM b GROUP BY x) SELECT a.id, q.n FROM a JOIN q ON q.x = a.x ORDER BY 1;

-- gather
WITH q AS (SELECT x, count(*) AS n FROM b GROUP BY x) SELECT * FROM q q1 JOIN q q2 ON q2.n = q1.n AND q2.x > q1.x ORDER BY 1, 3;

-- gather
WITH q AS MATERIALIZED (SELECT bid, x FROM b WHERE y > 2) SELECT x, count(*) FROM q GROUP BY x ORDER BY 1;

-- gather
WITH q AS NOT MATERIALIZED (SELECT id, x FROM a) SELECT q.id, b.bid FROM q JOIN b ON b.aid = q.id ORDER BY 1, 2;

-- gather
WITH q AS (WITH p AS (SELECT aid, max(bid) AS m FROM b GROUP BY aid) SELECT p.m, a.t FROM p JOIN a ON a.id = p.aid) SELECT * FROM q ORDER BY m;

-- gather
WITH q AS (WITH p AS (SELECT x FROM b GROUP BY x HAVING count(*) > 7) SELECT c.num FROM c JOIN p ON p.x = c.x) SELECT count(*) FROM q;

-- gather
WITH p AS (SELECT x, bid FROM b), q AS (SELECT p.x, c.num FROM p JOIN c ON c.x = p.x) SELECT x, count(*) FROM q GROUP BY x ORDER BY x;

-- gather
WITH p AS (SELECT id FROM a WHERE x > 2), q AS (SELECT aid FROM b WHERE x > 2) SELECT id FROM p WHERE id NOT IN (SELECT aid FROM q) ORDER BY 1;

-- route
WITH a AS (SELECT bid AS id FROM b WHERE aid = 7) SELECT id FROM a ORDER BY id;

-- gather
WITH q AS (SELECT max(x) AS m FROM b) SELECT id FROM a, q WHERE a.x = q.m ORDER BY id;

-- gather
WITH q AS (SELECT bid, row_number() OVER (ORDER BY t, bid) AS r FROM b) SELECT bid FROM q WHERE r BETWEEN 10 AND 20 ORDER BY r;

-- gather
WITH q AS (SELECT x FROM b UNION SELECT x FROM c) SELECT count(*), max(x) FROM q;

-- gather
WITH q(k, v) AS (VALUES (1, 'a'), (2, 'b')) SELECT a.id, q.v FROM a JOIN q ON q.k = a.x ORDER BY 1;

-- gather
WITH q AS (SELECT bid FROM b ORDER BY bid LIMIT 5) SELECT * FROM q, c WHERE c.num = q.bid ORDER BY 1;

-- gather
WITH unused AS (SELECT 1 / 0 FROM b) SELECT count(*) FROM a;

-- gather
WITH q AS (SELECT id, (SELECT count(*) FROM b WHERE b.aid = a.id) AS n FROM a) SELECT n, count(*) FROM q GROUP BY n ORDER BY n;

-- gather
SELECT id FROM a WHERE x IN (WITH q AS (SELECT x FROM c WHERE grp = 2) SELECT x FROM q) ORDER BY id;

-- gather
SELECT * FROM (WITH q AS (SELECT aid, bid FROM b) SELECT q.bid, a.x FROM q JOIN a ON a.id = q.aid) z ORDER BY 1;

-- gather
WITH q AS (SELECT rid FROM r1 WHERE x > 1) SELECT b.bid FROM b JOIN q ON q.rid = b.x ORDER BY 1;

-- gather
WITH b AS (SELECT * FROM c WHERE num < 10) SELECT count(*) FROM b;

-- gather
WITH b AS (SELECT * FROM b WHERE bid < 10) SELECT count(*), max(bid) FROM b;

-- gather
WITH b AS (WITH b AS (SELECT x FROM b WHERE y = 1) SELECT x + 1 AS x FROM b) SELECT b.x, count(*) FROM b JOIN public.b bb USING (x) GROUP BY 1 ORDER BY 1;

-- gather
WITH q AS (SELECT x FROM b), z AS (WITH q AS (SELECT x FROM c) SELECT count(*) AS n FROM q) SELECT n, (SELECT count(*) FROM q) FROM z;

-- gather
WITH q AS MATERIALIZED (SELECT x, count(*) AS n FROM b GROUP BY x) SELECT a.id, q.n, (SELECT max(n) FROM q) FROM a JOIN q ON q.x = a.x WHERE a.id < 9 AND q.n > (SELECT avg(n) FROM q) ORDER BY a.id;

-- gather
WITH q AS (SELECT x FROM b), z AS (SELECT x FROM q WHERE x > 1), y AS (SELECT count(*) AS n FROM z, q WHERE z.x = q.x) SELECT * FROM y;

-- gather
WITH q(p, r) AS (SELECT x, count(*) FROM b GROUP BY x) SELECT p + r FROM q ORDER BY p;

-- gather
WITH q AS (SELECT 1) SELECT count(*) FROM b;

-- gather
WITH q AS (VALUES (1), (2)) SELECT column1, count(b.x) FROM q LEFT JOIN b ON b.x = column1 GROUP BY 1 ORDER BY 1;
