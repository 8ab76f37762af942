-- One key value: a single shard answers, whatever the statement does there.

-- route
SELECT * FROM a WHERE id = 7;

-- route
SELECT t FROM a WHERE 7 = id AND x IS NOT NULL;

-- params: [7]
-- route
SELECT id, x FROM a WHERE id = $1;

-- params: ["7"]
-- route
SELECT id, x FROM a WHERE id = $1::int8;

-- params: [null]
-- route
SELECT id FROM a WHERE id = $1;

-- route
SELECT a.t, b.t FROM a JOIN b ON b.aid = a.id WHERE a.id = 7 ORDER BY b.bid;

-- route
SELECT a.t, b.t FROM a LEFT JOIN b ON b.aid = a.id AND b.x > 3 WHERE a.id = 12 ORDER BY b.bid;

-- route
SELECT c.num, a.t FROM c, a WHERE c.owner = a.id AND c.owner = 5 ORDER BY c.num;

-- route
SELECT x, count(*), string_agg(t, ',' ORDER BY t) FROM b WHERE aid = 7 GROUP BY ROLLUP (x) ORDER BY 1, 2;

-- route
SELECT bid, rank() OVER (ORDER BY y), lag(bid) OVER (ORDER BY bid) FROM b WHERE aid = 7 ORDER BY bid;

-- route
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY f), mode() WITHIN GROUP (ORDER BY x) FROM b WHERE aid = 7;

-- route
SELECT DISTINCT ON (x) x, bid FROM b WHERE aid = 7 ORDER BY x, bid DESC;

-- route
SELECT t FROM b WHERE aid = 7 ORDER BY t, bid LIMIT 5 OFFSET 3;

-- gather
WITH q AS (SELECT * FROM b WHERE aid = 7) SELECT q.bid, a.t FROM q JOIN a ON a.id = q.aid ORDER BY q.bid;

-- route
WITH RECURSIVE r(n) AS (SELECT bid FROM b WHERE aid = 7 AND bid < 9 UNION SELECT b.bid FROM r JOIN b ON b.aid = 7 AND b.y = r.n) SELECT n FROM r ORDER BY n;

-- route
SELECT x FROM b WHERE aid = 7 EXCEPT SELECT y FROM b WHERE aid = 7 ORDER BY 1;

-- route
SELECT bid FROM b WHERE aid = 7 AND EXISTS (SELECT 1 FROM b b2 WHERE b2.aid = 7 AND b2.y = b.x) ORDER BY bid;

-- route
SELECT * FROM k WHERE kt = '日本' ORDER BY v;

-- route
SELECT * FROM w WHERE uid = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b';

-- scatter
SELECT id FROM a WHERE id = 9223372036854775807;

-- scatter
SELECT id FROM a WHERE id = -9223372036854775808;

-- route
SELECT count(*) FROM s WHERE sid = 3;

-- route
SELECT r1.t, b.bid FROM b JOIN r1 ON r1.rid = b.x WHERE b.aid = 7 ORDER BY b.bid, r1.t;

-- route
SELECT r1.rid, b.bid FROM r1 LEFT JOIN b ON b.x = r1.rid AND b.aid = 7 ORDER BY 1, 2;
