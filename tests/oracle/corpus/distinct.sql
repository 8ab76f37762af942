-- DISTINCT and DISTINCT ON.

-- scatter
SELECT DISTINCT aid FROM b;

-- scatter
SELECT DISTINCT aid, x FROM b ORDER BY 1, 2;

-- gather
SELECT DISTINCT x FROM b ORDER BY x;

-- gather
SELECT DISTINCT x, y FROM b ORDER BY y DESC, x LIMIT 7;

-- gather
SELECT DISTINCT t FROM b;

-- gather
SELECT DISTINCT t FROM b ORDER BY t;

-- gather
SELECT DISTINCT c FROM a ORDER BY c;

-- gather
SELECT DISTINCT n FROM a ORDER BY n;

-- gather
SELECT DISTINCT g FROM a ORDER BY g;

-- gather
SELECT DISTINCT b, m FROM a ORDER BY 1, 2;

-- gather
SELECT DISTINCT arr FROM a ORDER BY 1;

-- gather
SELECT DISTINCT js FROM a;

-- gather
SELECT DISTINCT x + y FROM b ORDER BY 1 OFFSET 3;

-- gather
SELECT DISTINCT a.x, c.grp FROM a JOIN c ON c.owner = a.id ORDER BY 1, 2;

-- gather
SELECT DISTINCT a.x, c.grp FROM a JOIN c ON c.x = a.x ORDER BY 1, 2;

-- gather
SELECT DISTINCT count(*) FROM b GROUP BY x ORDER BY 1;

-- gather
SELECT DISTINCT rank() OVER (ORDER BY x) FROM b ORDER BY 1;

-- gather
SELECT DISTINCT ON (aid) aid, bid, t FROM b ORDER BY aid, bid DESC;

-- gather
SELECT DISTINCT ON (x) x, bid FROM b ORDER BY x, bid;

-- gather
SELECT DISTINCT ON (x, y) x, y, bid FROM b ORDER BY x DESC NULLS LAST, y, bid LIMIT 9 OFFSET 2;

-- gather
SELECT DISTINCT ON (t) t, v FROM k ORDER BY t, v DESC;

-- gather
SELECT DISTINCT ON (lower(t)) t, bid FROM b ORDER BY lower(t), bid;

-- gather
SELECT DISTINCT ON (x) x FROM b ORDER BY x;

-- gather
SELECT x FROM (SELECT DISTINCT ON (y) y, x FROM b ORDER BY y, bid) q ORDER BY 1;

-- gather
SELECT DISTINCT x FROM b WHERE false;

-- gather
SELECT DISTINCT x, x + 1 AS z FROM b ORDER BY x + 1;

-- gather
SELECT DISTINCT x + y FROM b ORDER BY x + y DESC;

-- gather
SELECT DISTINCT ON (x) x, y, bid FROM b ORDER BY x, y DESC, bid;

-- gather
SELECT DISTINCT ON (x % 2) x % 2, bid FROM b ORDER BY x % 2, bid;
