-- Joins on the key, off it, of every kind, with reference tables and with nothing.

-- scatter
SELECT a.id, b.bid FROM a JOIN b ON b.aid = a.id;

-- scatter
SELECT a.id, b.bid, c.num FROM a JOIN b ON b.aid = a.id JOIN c ON c.owner = a.id;

-- scatter
SELECT a.id, c.num FROM a, c WHERE a.id = c.owner ORDER BY c.num;

-- scatter
SELECT a.id, b.bid FROM a LEFT JOIN b ON b.aid = a.id AND b.x > 2 ORDER BY 1, 2;

-- scatter
SELECT a.id, b.bid FROM a RIGHT JOIN b ON b.aid = a.id ORDER BY 2;

-- scatter
SELECT a.id, b.bid FROM a FULL JOIN b ON b.aid = a.id ORDER BY 1, 2;

-- scatter
SELECT a.id, b.bid FROM a LEFT JOIN b ON b.aid = a.id WHERE b.bid IS NULL ORDER BY 1;

-- gather
SELECT coalesce(a.id, c.owner), count(*) FROM a FULL JOIN c ON c.owner = a.id GROUP BY 1 ORDER BY 1;

-- scatter
SELECT b.bid, r1.t FROM b JOIN r1 ON r1.rid = b.x;

-- scatter
SELECT b.bid, r1.t FROM b LEFT JOIN r1 ON r1.rid = b.x ORDER BY b.bid;

-- gather
SELECT r1.rid, b.bid FROM r1 LEFT JOIN b ON b.x = r1.rid ORDER BY 1, 2;

-- gather
SELECT r1.rid, b.bid FROM b RIGHT JOIN r1 ON b.x = r1.rid AND b.y = 3 ORDER BY 1, 2;

-- gather
SELECT r1.rid, b.bid FROM r1 FULL JOIN b ON b.x = r1.rid ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a JOIN b ON b.x = a.x ORDER BY 1, 2;

-- gather
SELECT a.id, c.num FROM a JOIN c ON c.grp = a.grp AND c.x > a.x ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a LEFT JOIN b ON b.bid = a.grp ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid FROM a FULL JOIN b ON b.bid = a.x ORDER BY 1, 2;

-- gather
SELECT b.bid, c.num FROM b FULL JOIN c ON c.num = b.bid AND c.x = b.y WHERE b.x IS NULL OR c.grp = 2 ORDER BY 1, 2;

-- scatter
SELECT b1.bid, b2.bid FROM b b1 JOIN b b2 ON b2.aid = b1.aid AND b2.bid > b1.bid WHERE b1.x = 2 ORDER BY 1, 2;

-- gather
SELECT b1.bid, b2.bid FROM b b1 JOIN b b2 ON b2.bid = b1.x ORDER BY 1, 2;

-- gather
SELECT a.id, k.v FROM a JOIN k ON k.aid = a.id ORDER BY 1, 2;

-- gather
SELECT k.v, a.t FROM k JOIN a ON a.t = k.kt ORDER BY k.v, a.id;

-- gather
SELECT count(*) FROM a CROSS JOIN s;

-- scatter
SELECT a.id, r1.rid FROM a CROSS JOIN r1 WHERE a.x > r1.rid ORDER BY 1, 2;

-- scatter
SELECT a.id, e.id FROM a LEFT JOIN e ON e.id = a.id ORDER BY 1;

-- gather
SELECT a.id, e.t FROM a LEFT JOIN e ON e.x = a.x ORDER BY 1;

-- scatter
SELECT e.id, s.num FROM e FULL JOIN s ON s.sid = e.id ORDER BY 2;

-- gather
SELECT x, a.id, c.num FROM a JOIN c USING (x) ORDER BY 1, 2, 3;

-- gather
SELECT * FROM (SELECT grp, x FROM a) q NATURAL JOIN (SELECT grp, num FROM c) p ORDER BY 1, 2, 3;

-- gather
SELECT x, b.bid, s.num FROM b FULL JOIN s USING (x) ORDER BY 1, 2, 3;

-- gather
SELECT a.id, v.n FROM a JOIN (VALUES (1, 'one'), (2, 'two'), (NULL, 'none')) v(x, n) ON v.x = a.x ORDER BY 1, 2;

-- gather
SELECT g, b.bid FROM generate_series(1, 4) g LEFT JOIN b ON b.x = g ORDER BY 1, 2;

-- gather
SELECT a.id, b.bid, k.v FROM a JOIN b ON b.aid = a.id LEFT JOIN (k JOIN r1 ON r1.rid = k.x) ON k.aid = b.y ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, c.num, s.num FROM a JOIN b ON b.aid = a.id JOIN c ON c.x = b.y JOIN s ON s.x = c.grp WHERE a.id < 9 ORDER BY 1, 2, 3, 4;

-- gather
SELECT w1.uid, w2.uid FROM w w1 JOIN w w2 ON w1.x = w2.x AND w1.uid < w2.uid ORDER BY 1, 2;
