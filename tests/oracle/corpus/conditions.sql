-- Conditions of one table alone, in ON and WHERE: asked of its rows before the join only where
-- that changes nothing.

-- gather
SELECT a.id, b.bid FROM a JOIN b ON b.x = a.x AND a.grp > 2 AND b.y < 3 ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a JOIN b ON (b.x = a.x AND (a.grp > 2 AND (b.y < 3 OR b.y IS NULL))) WHERE (b.bid > 9 AND a.id < 40) ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a LEFT JOIN b ON b.x = a.x AND b.y = 3 AND a.grp = 2 ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a, b WHERE (a.x = b.x AND a.grp = 1 AND b.y > 2 AND b.bid < 30) OR (b.x = a.x AND a.grp IN (2, 3) AND (b.y BETWEEN 1 AND 4 OR b.y IS NULL)) ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a JOIN b ON (a.x = b.x AND (a.grp = 1 AND b.y > 2 OR a.grp = 2 AND b.y < 2 OR a.grp IS NULL AND b.y = 2)) ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a LEFT JOIN b ON a.x = b.x AND (a.grp = 1 AND b.y > 2 OR a.grp = 2 AND b.y < 2) ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a LEFT JOIN b ON a.x = b.x WHERE (a.grp = 1 AND b.y > 2) OR (a.grp = 2 AND b.y IS NULL) ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a JOIN b ON a.x = b.x WHERE NOT (a.grp = 1 AND b.y > 2 OR a.grp = 2 AND b.y < 2) ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a JOIN b ON a.x = b.x WHERE (a.grp = 1 AND b.y > 2) OR ((a.grp = 2 OR a.grp = b.bid) AND b.y < 2) OR b.y = a.grp ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a JOIN b ON a.x = b.x WHERE (a.grp = 1 AND b.y > 2 OR a.grp = 2) AND ((b.y > 1 AND a.x < 9) OR (b.y = 1 AND CASE WHEN a.x = 1 OR b.y = 1 THEN true END)) ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a JOIN b ON 1 = 2 WHERE a.grp > 0 ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a JOIN b ON b.x = a.x AND 1 < 2 LEFT JOIN c ON c.x = b.x AND 3 > 4 WHERE 5 < 6 AND b.y > 0 AND NOT a.grp = 1 ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a LEFT JOIN b ON b.x = a.x AND b.y IS NULL ORDER BY 1, 2;

-- gather
SELECT b.bid, c.num FROM b RIGHT JOIN c ON c.x = b.x AND b.y = 3 AND c.grp = 2 ORDER BY 1, 2;

-- gather
SELECT b.bid, c.num FROM b FULL JOIN c ON c.x = b.x AND b.y = 3 AND c.grp = 2 ORDER BY 1, 2;

-- gather
SELECT b.bid, c.num FROM b FULL JOIN c ON c.num = b.bid WHERE b.y = 3 ORDER BY 1, 2;

-- Of a row that an outer join made NULL the condition holds.
-- gather
SELECT a.id, b.bid, c.num FROM a LEFT JOIN b ON b.bid = a.grp JOIN c ON c.x = a.x AND b.y IS NULL ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, c.num FROM (a LEFT JOIN b ON b.bid = a.x AND b.y > 2) JOIN c ON c.num = a.grp AND coalesce(b.x, 1) = 1 ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, c.num FROM a LEFT JOIN (b JOIN c ON c.x = b.x AND b.y = 2 AND c.grp > 2) ON b.bid = a.x AND c.num < 30 ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, c.num FROM a LEFT JOIN (b LEFT JOIN c ON c.x = b.x AND b.y = 2 AND c.grp > 2) ON b.bid = a.x AND c.num IS NULL ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, c.num FROM a FULL JOIN (b JOIN c ON c.num = b.bid AND b.y <> 2) ON b.bid = a.x AND c.num > 5 ORDER BY 1, 2, 3;

-- gather
SELECT b.bid, c.num, a.id FROM (b RIGHT JOIN c ON c.num = b.bid AND b.y < 4) RIGHT JOIN a ON c.x = a.x AND c.grp > 1 AND b.x IS NULL ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, c.num FROM a JOIN b JOIN c ON c.num = b.bid AND c.x > 2 ON b.y = a.grp AND a.x > 1 ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid FROM a LEFT JOIN b ON false ORDER BY 1, 2;

-- gather
SELECT count(*) FROM a JOIN b ON true AND b.y = 1 CROSS JOIN c;

-- gather
SELECT count(*) FROM a LEFT JOIN b ON left(b.t, 1) = 'a' AND b.x IS DISTINCT FROM 3 LEFT JOIN c ON c.x = b.x;

-- Text that depends on its collation.
-- gather
SELECT a.id, k.v FROM a JOIN k ON k.x = a.x AND a.c > 'a' AND k.t < 'm' COLLATE "C" ORDER BY 1, 2;

-- gather
SELECT a.id, k.v FROM a LEFT JOIN k ON k.x = a.x AND k.t ILIKE '%A%' ORDER BY 1, 2;

-- params: [3, 2]
-- gather
SELECT a.id, b.bid FROM a LEFT JOIN b ON b.x = a.x AND b.y = $1 AND b.n > $2 ORDER BY 1, 2;

-- Conditions with brackets around them.
-- gather
SELECT a.id, b.bid FROM a, b WHERE ((a.x = b.x AND (a.grp = 1 OR a.grp = 2 AND a.id > 7)) AND (b.y = 1 AND b.bid BETWEEN 3 AND 60)) ORDER BY 1, 2;

-- gather
SELECT a.id FROM a WHERE EXISTS (SELECT 1 FROM b JOIN c ON (c.x = b.x AND b.y = 2 AND c.grp > a.grp)) ORDER BY 1;

-- gather
SELECT a.id, (SELECT count(c.num) FROM b LEFT JOIN c ON c.x = b.x AND c.grp = 2 WHERE b.y = a.grp) FROM a ORDER BY 1;

-- A column that USING made of two has a type of its own: of an integer and a numeric it divides
-- as a numeric.
-- gather
SELECT b.bid, q.n FROM b JOIN (SELECT n AS x, n FROM a) q USING (x) WHERE x / 2 > 0.3 ORDER BY 1, 2;

-- gather
SELECT b.bid, q.t FROM b JOIN (SELECT * FROM (VALUES (1.0, 'u'), (3.0, 'v')) v(x, t)) q USING (x) WHERE x / 2 > 1.2 ORDER BY 1, 2;

-- gather
SELECT b.bid, q.t FROM b JOIN (SELECT num FROM c) p ON p.num = b.y JOIN (SELECT * FROM (VALUES (1.0, 'u'), (3.0, 'v')) v(x, t)) q USING (x) WHERE x / 2 > 1.2 ORDER BY 1, 2;

-- gather
SELECT b.bid, q.t FROM b JOIN (SELECT num FROM c) p ON p.num = b.y JOIN (SELECT * FROM (VALUES (1.0, 'u'), (3.0, 'v')) v(x, t)) q USING (x) WHERE b.x / 2 > 1.2 OR x = 3 ORDER BY 1, 2;

-- gather
SELECT b.bid, c.num FROM b JOIN c ON c.num = b.y JOIN (SELECT * FROM (VALUES (2::float8), (3)) v(bid)) q USING (bid) WHERE bid = c.num OR bid = 3 ORDER BY 1, 2;

-- gather
SELECT p.bid, c.num FROM b p JOIN (SELECT * FROM (VALUES (2::float8), (3), (7)) v(bid)) q USING (bid), c WHERE bid = c.num AND c.grp > 0 ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid, c.num FROM a JOIN b USING (x) JOIN c USING (x) WHERE x > 2 AND num < 20 ORDER BY 1, 2, 3;

-- gather
SELECT b.bid, c.num, x FROM b RIGHT JOIN c USING (x) JOIN a USING (x) WHERE x > 2 ORDER BY 1, 2, 3;

-- The repeated part of WITH RECURSIVE is a query as any other.
-- gather
WITH RECURSIVE r(n, bid) AS (SELECT 1, bid FROM b WHERE bid < 4 UNION SELECT r.n + 1, b.bid FROM r JOIN b ON b.y = r.bid AND b.x > 1 WHERE b.bid < 40 AND r.n < 3) SELECT * FROM r ORDER BY 1, 2;

-- gather
WITH RECURSIVE r(n, bid) AS (SELECT 1, bid FROM b WHERE bid < 4 UNION SELECT r.n + 1, c.num FROM r LEFT JOIN c ON c.x = r.bid AND c.grp > 1 AND r.n > 1 WHERE r.n < 4) SELECT * FROM r ORDER BY 1, 2;

-- USING and NATURAL: of one side only the rows are gathered whose keys the other side has.
-- gather
SELECT a.id, b.bid, x FROM a JOIN b USING (x) WHERE a.grp = 2 AND a.id < 30 ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid, x FROM b LEFT JOIN a USING (x) WHERE b.y = 2 ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid, x FROM a RIGHT JOIN b USING (x) WHERE b.y = 2 ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid, x FROM a LEFT JOIN b USING (x) WHERE b.y = 2 ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid, x FROM a FULL JOIN b USING (x) WHERE b.y = 2 ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid, c.num, x FROM a LEFT JOIN b USING (x) JOIN c USING (x) WHERE a.id = 9 ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, c.num, x FROM a RIGHT JOIN b USING (x) JOIN c USING (x) WHERE b.bid = 9 ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, c.num, x FROM a FULL JOIN b USING (x) JOIN c USING (x) WHERE b.bid = 9 OR a.id = 3 ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, c.num, x FROM a JOIN (b LEFT JOIN c USING (x)) USING (x) WHERE a.id BETWEEN 3 AND 8 AND a.grp > 0 ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, c.num, x FROM a LEFT JOIN (b RIGHT JOIN c USING (x)) USING (x) WHERE a.id BETWEEN 3 AND 8 ORDER BY 1, 2, 3;

-- gather
SELECT a.id, c.num, x FROM a JOIN c USING (x, grp) WHERE a.id BETWEEN 3 AND 20 ORDER BY 1, 2;

-- gather
SELECT q.n, b.bid, x FROM (SELECT x, count(*) AS n FROM a WHERE grp = 1 GROUP BY x) q NATURAL JOIN b ORDER BY 1, 2, 3;

-- gather
SELECT b.bid, s.num FROM b NATURAL JOIN s WHERE s.num < 9 ORDER BY 1, 2;

-- gather
SELECT b.bid, s.num FROM b NATURAL LEFT JOIN s WHERE b.bid < 20 ORDER BY 1, 2;

-- gather
SELECT b.bid, s.num FROM s NATURAL RIGHT JOIN b WHERE b.bid < 20 ORDER BY 1, 2;

-- Of an integer and a numeric nothing is left out.
-- gather
SELECT b.bid, q.id, x FROM b JOIN (SELECT id, n AS x FROM a WHERE id < 20) q USING (x) ORDER BY 1, 2;

-- scatter
SELECT e.t, a.x, id FROM e RIGHT JOIN a USING (id) WHERE a.grp = 2 ORDER BY id;

-- gather
SELECT b.bid, j.x FROM b JOIN c USING (x) AS j WHERE c.num = 12 ORDER BY 1, 2;
