-- Columns that a statement does not look at are not gathered: a star is of its own query's FROM,
-- EXISTS shows none, and to count rows takes none.

-- gather
SELECT a.id, count(b), count(b.*), count(b.x) FROM a LEFT JOIN b ON b.x IS NOT DISTINCT FROM a.grp GROUP BY a.id ORDER BY a.id;

-- gather
SELECT count(b), count(b.*), count(c), count(*) FROM b FULL JOIN c ON c.num = b.y;

-- gather
SELECT c.num, count(p) FILTER (WHERE p.x > 2), count(count(p.*)) OVER (ORDER BY c.num) FROM c LEFT JOIN b p ON p.bid = c.x GROUP BY c.num ORDER BY 1, 2, 3;

-- gather
SELECT c.num, count(b) OVER (PARTITION BY c.x), count(b.*) OVER () FROM c LEFT JOIN b ON b.bid = c.x AND b.y IS NULL ORDER BY 1;

-- gather
SELECT count(DISTINCT b), count(DISTINCT b.*) FROM c LEFT JOIN b ON b.bid = c.x;

-- A relation and a column of one name: the column.
-- gather
SELECT count(x), count(x.*) FROM c LEFT JOIN (SELECT bid, y FROM b) x ON x.bid = c.num;

-- error 42702
SELECT count(x), count(x.y) FROM s AS k LEFT JOIN e AS x ON x.id > k.num AND x.t > 'a';

-- gather
SELECT count(x), count(y), count(y.*) FROM (SELECT num FROM c) c LEFT JOIN b AS y ON y.bid = c.num AND y.x > 1;

-- gather
SELECT a.id, (SELECT count(p) FROM b p WHERE p.x = a.grp), (SELECT count(p.*) FROM b p LEFT JOIN c ON c.num = p.bid WHERE p.y = a.grp) FROM a ORDER BY 1;

-- This b is a column of the query around.
-- gather
SELECT a.id, (SELECT count(b) FROM b WHERE b.bid = 1) FROM a GROUP BY id ORDER BY 1;

-- gather
SELECT id FROM a WHERE EXISTS (SELECT * FROM b WHERE b.x = a.grp AND b.y = 2) ORDER BY 1;

-- gather
SELECT id FROM a WHERE NOT EXISTS (SELECT b.*, c.* FROM b, c WHERE b.x = a.grp AND c.x = b.x) ORDER BY 1;

-- gather
SELECT id FROM a WHERE EXISTS (SELECT DISTINCT * FROM b WHERE b.x = a.grp) ORDER BY 1;

-- gather
SELECT id FROM a WHERE EXISTS (SELECT * FROM b WHERE b.x = a.grp ORDER BY 2 OFFSET 3) ORDER BY 1;

-- gather
SELECT id FROM a WHERE EXISTS (SELECT * FROM b WHERE b.x = a.grp UNION SELECT * FROM b WHERE b.y = a.grp) ORDER BY 1;

-- gather
SELECT id FROM a WHERE EXISTS (SELECT * FROM b WHERE b.x = a.grp AND EXISTS (SELECT * FROM c WHERE c.num = b.bid AND c.x > a.x)) ORDER BY 1;

-- gather
SELECT * FROM e LEFT JOIN b ON b.x = e.x WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.num = b.bid);

-- gather
SELECT * FROM b WHERE b.x IN (SELECT q.x FROM (SELECT * FROM c WHERE c.num > b.bid) q) AND EXISTS (SELECT 1 FROM k WHERE k.v = b.bid) ORDER BY bid;

-- gather
SELECT a.id, q.* FROM a CROSS JOIN LATERAL (SELECT * FROM c WHERE c.x = a.grp AND c.num < a.id) q ORDER BY 1, 2, 3;

-- gather
SELECT id, (SELECT count(*) FROM (SELECT * FROM b NATURAL JOIN c) q WHERE q.bid > a.id) FROM a ORDER BY 1;

-- gather
SELECT * FROM (SELECT x, t FROM b WHERE bid < 9 UNION ALL SELECT x, t FROM c WHERE num < 9) q WHERE EXISTS (SELECT * FROM s WHERE s.x = q.x) ORDER BY 1, 2;

-- gather
WITH RECURSIVE r(n) AS (SELECT bid FROM b WHERE bid < 3 UNION SELECT c.num FROM r JOIN c ON c.x = r.n WHERE c.num < 40) SELECT * FROM r ORDER BY 1;

-- What depends on a key that is grouped by is grouped by as well, if it is gathered.
-- gather
SELECT count(a1) AS n FROM a a1 INNER JOIN e e2 ON true GROUP BY a1.id;

-- gather
SELECT p.bid, p.t, count(p.*), count(k) FROM b p JOIN k ON k.v = p.x GROUP BY p.aid, p.bid ORDER BY 1;

-- refused 0A000
SELECT p.bid, p, count(k.v) FROM b p JOIN k ON k.v = p.x GROUP BY p.aid, p.bid ORDER BY 1;

-- gather
SELECT count(a1) FILTER (WHERE a1.x > 1) AS n, max(a1.t) FROM a a1 WHERE 1 < (SELECT x FROM k ORDER BY 1 LIMIT 1) GROUP BY a1.id ORDER BY a1.id;
