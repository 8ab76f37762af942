-- Parameters of every kind, with and without types that are declared.

-- params: [7]
-- route
SELECT bid FROM b WHERE aid = $1 ORDER BY bid;

-- params: [3]
-- scatter
SELECT bid FROM b WHERE x = $1 ORDER BY bid;

-- params: [null]
-- scatter
SELECT bid FROM b WHERE x = $1 ORDER BY bid;

-- params: [null]
-- scatter
SELECT bid FROM b WHERE x IS NOT DISTINCT FROM $1 ORDER BY bid;

-- params: ["apple"]
-- scatter
SELECT bid FROM b WHERE t = $1 ORDER BY bid;

-- params: ["{1,2,NULL}"]
-- scatter
SELECT bid FROM b WHERE x = ANY ($1) ORDER BY bid;

-- params: ["{1,7,999}"]
-- scatter
SELECT bid FROM b WHERE aid = ANY ($1) ORDER BY bid;

-- params: [1, 4]
-- scatter
SELECT bid FROM b WHERE x BETWEEN $1 AND $2 ORDER BY bid;

-- params: [2, 3]
-- gather
SELECT x, count(*) FROM b WHERE y <> $1 GROUP BY x HAVING count(*) > $2 ORDER BY x;

-- params: [2, "x"]
-- scatter
SELECT $1::int4 + x, $2::text || t FROM b ORDER BY bid;

-- params: [5]
-- gather
SELECT x, count(*) FROM b GROUP BY x ORDER BY count(*) DESC, x LIMIT $1;

-- params: [2]
-- gather
SELECT id FROM a WHERE x IN (SELECT y FROM b WHERE b.x = $1) ORDER BY id;

-- params: [2, 2]
-- gather
SELECT x FROM a WHERE grp = $1 UNION SELECT x FROM b WHERE y = $2 ORDER BY 1;

-- params: [3]
-- gather
WITH q AS (SELECT * FROM b WHERE x = $1) SELECT q.bid, c.num FROM q JOIN c ON c.grp = q.x AND c.x < $1 ORDER BY 1, 2;

-- params: ["2.5"]
-- scatter
SELECT bid FROM b WHERE n = $1 ORDER BY bid;

-- params: [0.5]
-- scatter
SELECT bid FROM b WHERE f > $1 ORDER BY bid;

-- params: ["infinity"]
-- scatter
SELECT id FROM a WHERE d = $1 ORDER BY id;

-- params: [true]
-- scatter
SELECT id FROM a WHERE b = $1 ORDER BY id;

-- params: [7, 7]
-- route
SELECT a.id, b.bid FROM a JOIN b ON b.aid = a.id WHERE a.id = $1 AND b.aid = $2 ORDER BY 2;

-- params: [0.5]
-- gather
SELECT percentile_cont($1) WITHIN GROUP (ORDER BY y) FROM b;

-- params: ["x"]
-- error 22P02
SELECT bid FROM b WHERE x = $1;

-- params: [1]
-- gather
SELECT string_agg(t, $1::text ORDER BY bid) FROM b;
