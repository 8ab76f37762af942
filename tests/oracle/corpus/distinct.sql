-- DISTINCT and DISTINCT ON.

-- scatter
SELECT DISTINCT aid FROM b;

-- scatter
SELECT DISTINCT aid, x FROM b ORDER BY 1, 2;

-- refused 0A000
SELECT DISTINCT x FROM b ORDER BY x;

-- refused 0A000
SELECT DISTINCT x, y FROM b ORDER BY y DESC, x LIMIT 7;

-- refused 0A000
SELECT DISTINCT t FROM b;

-- refused 0A000
SELECT DISTINCT t FROM b ORDER BY t;

-- refused 0A000
SELECT DISTINCT c FROM a ORDER BY c;

-- refused 0A000
SELECT DISTINCT n FROM a ORDER BY n;

-- refused 0A000
SELECT DISTINCT g FROM a ORDER BY g;

-- refused 0A000
SELECT DISTINCT b, m FROM a ORDER BY 1, 2;

-- refused 0A000
SELECT DISTINCT arr FROM a ORDER BY 1;

-- refused 0A000
SELECT DISTINCT js FROM a;

-- refused 0A000
SELECT DISTINCT x + y FROM b ORDER BY 1 OFFSET 3;

-- refused 0A000
SELECT DISTINCT a.x, c.grp FROM a JOIN c ON c.owner = a.id ORDER BY 1, 2;

-- refused 0A000
SELECT DISTINCT a.x, c.grp FROM a JOIN c ON c.x = a.x ORDER BY 1, 2;

-- refused 0A000
SELECT DISTINCT count(*) FROM b GROUP BY x ORDER BY 1;

-- refused 0A000
SELECT DISTINCT rank() OVER (ORDER BY x) FROM b ORDER BY 1;

-- refused 0A000
SELECT DISTINCT ON (aid) aid, bid, t FROM b ORDER BY aid, bid DESC;

-- refused 0A000
SELECT DISTINCT ON (x) x, bid FROM b ORDER BY x, bid;

-- refused 0A000
SELECT DISTINCT ON (x, y) x, y, bid FROM b ORDER BY x DESC NULLS LAST, y, bid LIMIT 9 OFFSET 2;

-- refused 0A000
SELECT DISTINCT ON (t) t, v FROM k ORDER BY t, v DESC;

-- refused 0A000
SELECT DISTINCT ON (lower(t)) t, bid FROM b ORDER BY lower(t), bid;

-- refused 0A000
SELECT DISTINCT ON (x) x FROM b ORDER BY x;

-- refused 0A000
SELECT x FROM (SELECT DISTINCT ON (y) y, x FROM b ORDER BY y, bid) q ORDER BY 1;

-- refused 0A000
SELECT DISTINCT x FROM b WHERE false;
