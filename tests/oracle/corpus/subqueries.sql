-- Scalar subqueries, EXISTS, IN, NOT IN, ANY and ALL, on the key and off it; LATERAL; in FROM.

-- scatter
SELECT id, (SELECT count(*) FROM b WHERE b.aid = a.id) FROM a ORDER BY id;

-- gather
SELECT id, (SELECT max(x) FROM b) FROM a ORDER BY id;

-- gather
SELECT id, (SELECT count(*) FROM b WHERE b.x = a.x) FROM a ORDER BY id;

-- gather
SELECT id, (SELECT t FROM b WHERE b.x = a.x ORDER BY bid LIMIT 1) FROM a ORDER BY id;

-- gather
SELECT id FROM a WHERE x > (SELECT avg(x) FROM c) ORDER BY id;

-- scatter
SELECT id FROM a WHERE x = (SELECT max(x) FROM b WHERE b.aid = a.id) ORDER BY id;

-- gather
SELECT id FROM a WHERE x < (SELECT max(y) FROM b WHERE b.x = a.grp) ORDER BY id;

-- scatter
SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.aid = a.id AND b.x > 4) ORDER BY id;

-- scatter
SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.aid = a.id) ORDER BY id;

-- gather
SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.x = a.x AND b.y > 3) ORDER BY id;

-- gather
SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.grp = a.grp AND c.x > a.x) ORDER BY id;

-- gather
SELECT id FROM a WHERE EXISTS (SELECT 1 FROM e) ORDER BY id;

-- scatter
SELECT id FROM a WHERE id IN (SELECT aid FROM b) ORDER BY id;

-- scatter
SELECT id FROM a WHERE id NOT IN (SELECT aid FROM b) ORDER BY id;

-- gather
SELECT id FROM a WHERE x IN (SELECT y FROM b WHERE b.t IS NULL) ORDER BY id;

-- gather
SELECT id FROM a WHERE x NOT IN (SELECT x FROM b) ORDER BY id;

-- gather
SELECT id FROM a WHERE x NOT IN (SELECT x FROM b WHERE x IS NOT NULL AND y > 3) ORDER BY id;

-- gather
SELECT id FROM a WHERE x NOT IN (SELECT x FROM e) ORDER BY id;

-- scatter
SELECT id FROM a WHERE id NOT IN (SELECT owner FROM c) ORDER BY id;

-- gather
SELECT id FROM a WHERE (x, grp) IN (SELECT x, grp FROM c) ORDER BY id;

-- gather
SELECT id FROM a WHERE (id, x) NOT IN (SELECT aid, x FROM b WHERE x IS NOT NULL) ORDER BY id;

-- gather
SELECT id FROM a WHERE x > ALL (SELECT x FROM c WHERE grp = 3) ORDER BY id;

-- gather
SELECT id FROM a WHERE x = ANY (SELECT y FROM b) ORDER BY id;

-- gather
SELECT id FROM a WHERE t IN (SELECT t FROM b) ORDER BY id;

-- gather
SELECT id, ARRAY(SELECT bid FROM b WHERE b.aid = a.id ORDER BY bid) FROM a ORDER BY id;

-- gather
SELECT id, ARRAY(SELECT num FROM c WHERE c.x = a.x ORDER BY num) FROM a ORDER BY id;

-- gather
SELECT id FROM a WHERE x = (SELECT count(*) FROM b WHERE b.aid = a.id AND EXISTS (SELECT 1 FROM c WHERE c.x = b.y AND c.grp = a.grp)) ORDER BY id;

-- scatter
SELECT a.id, q.n FROM a, LATERAL (SELECT count(*) AS n FROM b WHERE b.aid = a.id) q ORDER BY 1;

-- scatter
SELECT a.id, q.bid FROM a CROSS JOIN LATERAL (SELECT bid FROM b WHERE b.aid = a.id ORDER BY bid DESC LIMIT 2) q ORDER BY 1, 2;

-- gather
SELECT a.id, q.bid FROM a LEFT JOIN LATERAL (SELECT bid FROM b WHERE b.x = a.x ORDER BY bid LIMIT 2) q ON true ORDER BY 1, 2;

-- gather
SELECT a.id, q.m FROM a LEFT JOIN LATERAL (SELECT max(c.x) AS m FROM c WHERE c.grp < a.grp) q ON q.m > 2 ORDER BY 1;

-- scatter
SELECT b.bid, q.u FROM b, LATERAL unnest(ARRAY[b.x, b.y]) q(u) ORDER BY 1, 2;

-- gather
SELECT q.x, q.n FROM (SELECT x, count(*) AS n FROM b GROUP BY x) q WHERE q.n > 5 ORDER BY 1;

-- scatter
SELECT q.aid, a.t FROM (SELECT aid, count(*) AS n FROM b GROUP BY aid) q JOIN a ON a.id = q.aid ORDER BY 1;

-- gather
SELECT q.x, a.id FROM (SELECT x, max(bid) AS m FROM b GROUP BY x) q JOIN a ON a.x = q.x ORDER BY 1, 2;

-- gather
SELECT count(*) FROM (SELECT bid FROM b ORDER BY t, bid LIMIT 20) q;

-- gather
SELECT a.id FROM a JOIN (SELECT aid FROM b ORDER BY bid LIMIT 10) q ON q.aid = a.id ORDER BY 1;

-- gather
SELECT (SELECT sum(x) FROM b) - (SELECT sum(x) FROM c);

-- gather
SELECT CASE WHEN EXISTS (SELECT 1 FROM b WHERE x = 99) THEN 'yes' ELSE 'no' END;

-- gather
SELECT x, (SELECT count(*) FROM c WHERE c.x = b.x) FROM b GROUP BY x ORDER BY x;

-- gather
SELECT rid FROM r1 WHERE EXISTS (SELECT 1 FROM b WHERE b.x = r1.rid) ORDER BY rid;

-- gather
SELECT rid, (SELECT count(*) FROM b WHERE b.x = r1.rid) FROM r1 ORDER BY rid;

-- error 21000
SELECT id FROM a WHERE (SELECT bid FROM b WHERE b.aid = a.id) IS NULL;

-- gather
SELECT t FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.x = a.x AND EXISTS (SELECT 1 FROM c WHERE c.x = b.y AND c.grp = a.grp)) ORDER BY id;

-- gather
SELECT id, (SELECT count(*) FROM b WHERE b.x = a.x AND b.y > (SELECT min(c.x) FROM c WHERE c.grp = a.grp AND c.num > b.bid)) AS n FROM a ORDER BY id;

-- gather
SELECT x, (SELECT max(b.y) FROM b WHERE b.x = a.x) FROM a GROUP BY x ORDER BY x;

-- gather
SELECT x, (SELECT sum(a.grp)) FROM a GROUP BY x ORDER BY x;

-- gather
SELECT x, (SELECT count(*) FROM b WHERE b.x < max(a.grp)) FROM a GROUP BY x ORDER BY x;

-- gather
SELECT x FROM a GROUP BY x HAVING (SELECT count(*) FROM c WHERE c.x < sum(a.grp)) > 3 ORDER BY x;

-- gather
SELECT bid FROM b WHERE x IN (SELECT x FROM c WHERE num < 5 UNION SELECT grp FROM a WHERE id < 3) ORDER BY bid;

-- gather
SELECT bid FROM b WHERE (x, y) IN (SELECT x, grp FROM c INTERSECT SELECT x, grp FROM a) ORDER BY bid;

-- gather
SELECT id, ARRAY(SELECT bid FROM b WHERE b.x = a.x ORDER BY bid) FROM a ORDER BY id;

-- gather
SELECT ARRAY(SELECT x FROM b ORDER BY bid LIMIT 5);

-- gather
SELECT id FROM a WHERE x = ANY (SELECT x FROM b WHERE y = 3) ORDER BY id;

-- gather
SELECT id FROM a WHERE x > ALL (SELECT x FROM b WHERE y = 3 AND x < 2) ORDER BY id;

-- gather
SELECT id FROM a WHERE x <> ALL (SELECT y FROM b WHERE bid < 3) ORDER BY id;

-- gather
SELECT id FROM a WHERE x = ANY (ARRAY(SELECT x FROM b WHERE y = 3)) ORDER BY id;

-- gather
SELECT id FROM a WHERE (x, grp) IN (SELECT x, y FROM b) ORDER BY id;

-- gather
SELECT id FROM a WHERE (x, grp) NOT IN (SELECT x, y FROM b WHERE x IS NOT NULL) ORDER BY id;

-- gather
SELECT id FROM a WHERE (x, grp) = (SELECT x, y FROM b ORDER BY bid LIMIT 1) ORDER BY id;

-- gather
SELECT id FROM a WHERE (x, grp) < ANY (SELECT x, y FROM b WHERE bid < 9) ORDER BY id;

-- gather
SELECT id, CASE WHEN EXISTS (SELECT 1 FROM b WHERE b.x = a.x) THEN (SELECT min(bid) FROM b WHERE b.x = a.x) ELSE -1 END FROM a ORDER BY id;

-- gather
SELECT CASE WHEN (SELECT count(*) FROM b) > 3 THEN 'many' ELSE 'few' END;

-- gather
SELECT id, (SELECT q.n FROM (SELECT count(*) AS n FROM b WHERE b.x = a.x) q) FROM a ORDER BY id;

-- gather
SELECT id FROM a WHERE (SELECT count(*) FROM b WHERE b.aid = a.id) > (SELECT count(*) FROM c WHERE c.x = a.x) ORDER BY id;

-- scatter
SELECT id FROM a WHERE NOT EXISTS (SELECT FROM b WHERE b.aid = a.id) ORDER BY id;

-- gather
SELECT id FROM a WHERE NOT EXISTS (SELECT * FROM b WHERE b.x = a.x AND b.y = a.grp) ORDER BY id;

-- gather
SELECT id FROM a WHERE id IN (SELECT owner FROM c WHERE x IN (SELECT x FROM b WHERE y = 2)) ORDER BY id;

-- gather
SELECT a.id FROM a WHERE a.x = (SELECT max(x) FROM a a2 WHERE a2.grp = a.grp) ORDER BY a.id;

-- gather
SELECT a.id FROM a WHERE 2 > (SELECT count(DISTINCT a2.x) FROM a a2 WHERE a2.grp = a.grp AND a2.x > a.x) ORDER BY a.id;

-- gather
SELECT bid, x, (SELECT count(*) FROM b b2 WHERE b2.x < b.x) AS lower, x - avg(x) OVER () > 0 FROM b ORDER BY bid;

-- NULL NOT IN (...) depends on the rows of other shards.
-- gather
SELECT bid FROM b LEFT JOIN s ON sid = b.aid WHERE sid NOT IN (SELECT s6.sid FROM s s6) ORDER BY bid;

-- gather
SELECT id, id NOT IN (SELECT s.sid FROM b LEFT JOIN s ON s.sid = b.aid) FROM a ORDER BY id;

-- gather
SELECT q.sid IN (SELECT sid FROM s), count(*) FROM (SELECT s.sid FROM a LEFT JOIN s ON s.sid = a.id) q GROUP BY 1 ORDER BY 1;

-- scatter
SELECT a.id FROM a JOIN b ON b.aid = a.id WHERE b.aid NOT IN (SELECT sid FROM s) ORDER BY a.id, b.bid;

-- A star asks for the columns of its own FROM; in EXISTS, for none.
-- gather
SELECT c.num FROM c WHERE EXISTS (SELECT * FROM b WHERE b.x = c.x AND b.y > c.grp) ORDER BY 1;

-- gather
SELECT c.num FROM c WHERE EXISTS (SELECT DISTINCT * FROM b WHERE b.x = c.x) AND NOT EXISTS (SELECT * FROM c c2 WHERE c2.x = c.x AND c2.num > c.num) ORDER BY 1;

-- gather
SELECT c.num FROM c WHERE EXISTS (SELECT b.* FROM b JOIN a USING (x) WHERE b.x = c.x AND a.grp = c.grp) ORDER BY 1;

-- gather
SELECT c.num FROM c WHERE EXISTS (SELECT * FROM b WHERE b.x = c.x GROUP BY b.aid, b.bid HAVING max(b.y) > c.grp) ORDER BY 1;

-- gather
SELECT c.num FROM c WHERE EXISTS (SELECT * FROM b WHERE b.x = c.x ORDER BY b.y LIMIT 1 OFFSET 2) ORDER BY 1;

-- gather
SELECT c.num FROM c WHERE EXISTS (SELECT x FROM b WHERE b.y = c.grp EXCEPT SELECT x FROM a WHERE a.grp = c.grp) ORDER BY 1;

-- gather
SELECT * FROM (SELECT c.num, (SELECT max(b.bid) FROM b WHERE b.x = c.x) AS top FROM c) q WHERE top > 20 ORDER BY num;

-- gather
SELECT *, (SELECT count(*) FROM b WHERE b.x = c.x) AS n FROM c ORDER BY owner, num;

-- gather
SELECT c.num, q.* FROM c, LATERAL (SELECT * FROM b WHERE b.x = c.x ORDER BY b.aid, b.bid LIMIT 1) q ORDER BY c.num;

-- gather
SELECT c.num FROM c WHERE row(c.x, c.grp) IN (SELECT * FROM (SELECT b.x, b.y FROM b WHERE b.bid > c.num) q) ORDER BY 1;
