-- WITH RECURSIVE over nothing, reference tables and shards.

-- anywhere
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 8) SELECT n FROM r ORDER BY n;

-- gather
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 8) SELECT r.n, count(b.bid) FROM r LEFT JOIN b ON b.x = r.n GROUP BY r.n ORDER BY 1;

-- gather
WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 8) SELECT a.id FROM a JOIN r ON r.n = a.id ORDER BY 1;

-- gather
WITH RECURSIVE r(id, depth) AS (SELECT aid, 0 FROM b WHERE bid < 6 UNION SELECT b.aid, depth + 1 FROM r JOIN b ON b.bid = r.id WHERE depth < 4) SELECT id, depth FROM r ORDER BY 1, 2;

-- gather
WITH RECURSIVE r(id) AS (SELECT id FROM a WHERE x = 2 UNION SELECT c.num::int8 FROM r JOIN c ON c.owner = r.id) SELECT count(*), max(id) FROM r;

-- gather
WITH RECURSIVE r(n, path) AS (SELECT bid, ARRAY[bid] FROM b WHERE x = 0 UNION ALL SELECT b.bid, path || b.bid FROM r JOIN b ON b.y = r.n % 6 AND NOT b.bid = ANY (path) WHERE cardinality(path) < 3 AND b.bid < 12) SELECT n, path FROM r ORDER BY path;

-- gather
WITH RECURSIVE r(x, total) AS (SELECT 0, 0::int8 UNION ALL SELECT r.x + 1, total + (SELECT count(*) FROM b WHERE b.x = r.x) FROM r WHERE r.x < 6) SELECT x, total FROM r ORDER BY x;

-- anywhere
WITH RECURSIVE r(rid, x) AS (SELECT rid, x FROM r1 WHERE rid = 1 UNION SELECT r1.rid, r1.x FROM r JOIN r1 ON r1.x = r.rid) SELECT rid FROM r ORDER BY rid;

-- gather
WITH RECURSIVE r(n) AS (SELECT bid FROM b WHERE bid = 3 UNION SELECT b.bid FROM b, r WHERE b.x = r.n), q AS (SELECT count(*) AS c FROM r) SELECT c FROM q;

-- gather
WITH RECURSIVE r(id, depth) AS (SELECT a.id, 0 FROM a WHERE a.id < 4 UNION ALL SELECT b.bid, r.depth + 1 FROM r, b WHERE b.aid = r.id AND r.depth < 2) SEARCH DEPTH FIRST BY id SET ord SELECT id, depth FROM r ORDER BY ord;

-- gather
WITH RECURSIVE r(n) AS (SELECT 5 UNION SELECT c.grp FROM r JOIN c ON c.x = r.n) CYCLE n SET looped USING way SELECT n, looped FROM r ORDER BY 1, 2;

-- gather
WITH RECURSIVE q AS (SELECT x FROM b GROUP BY x) SELECT count(*) FROM q;

-- scatter
SELECT a.id FROM a WHERE a.x IN (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 2 FROM r WHERE n < 6) SELECT n FROM r) ORDER BY 1;

-- gather
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n, (SELECT max(bid) FROM b WHERE b.y = r.n) FROM r ORDER BY n;

-- gather
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n, (SELECT count(*) FROM b WHERE b.x = n) FROM t ORDER BY n;

-- gather
WITH RECURSIVE tree AS (SELECT bid, x, 1 AS lvl FROM b WHERE bid = 1 UNION SELECT b.bid, b.x, lvl + 1 FROM b JOIN tree ON b.bid = tree.x WHERE lvl < 9) SELECT * FROM tree ORDER BY 1, 3;

-- gather
WITH RECURSIVE t AS (SELECT bid, ARRAY[bid] AS path FROM b WHERE bid < 4 UNION ALL SELECT b.bid, path || b.bid FROM t JOIN b ON b.x = t.bid AND NOT b.bid = ANY (path) WHERE cardinality(path) < 4) SELECT path FROM t ORDER BY path;

-- gather
WITH RECURSIVE t(n) AS (SELECT bid FROM b WHERE bid < 3 UNION SELECT b.x FROM b, t WHERE b.bid = t.n), u AS (SELECT count(*) AS c FROM t) SELECT * FROM u, t ORDER BY n;

-- gather
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < (SELECT count(*) / 10 FROM b)) SELECT max(n) FROM t;

-- anywhere
WITH RECURSIVE t(n, l) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, l || 'b' FROM t WHERE n < 4) SEARCH DEPTH FIRST BY n SET o SELECT n, l FROM t ORDER BY o;

-- gather
WITH RECURSIVE t(n) AS (SELECT x FROM b WHERE bid = 1 UNION ALL SELECT b.x FROM b JOIN t ON b.bid = t.n) CYCLE n SET c USING p SELECT n, c FROM t ORDER BY 1, 2;
