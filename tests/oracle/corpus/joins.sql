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

-- gather
SELECT count(*) FROM b b1, b b2, b b3 WHERE b1.x = b2.y AND b2.x = b3.y AND b1.bid < 20 AND b3.bid < 30;

-- gather
SELECT count(*) FROM b b1 JOIN b b2 USING (x) JOIN b b3 USING (x) WHERE b1.bid < 10 AND b2.bid < 10;

-- gather
SELECT count(*) FROM a a1 JOIN a a2 ON a1.id = a2.id JOIN b b1 ON b1.aid = a1.id JOIN b b2 ON b2.aid = a1.id JOIN c c1 ON c1.owner = a1.id JOIN c c2 ON c2.owner = c1.owner JOIN r1 ON r1.rid = a1.x JOIN r1 r ON r.rid = a1.grp JOIN s ON s.sid = a1.id JOIN k ON k.aid = b1.aid JOIN e ON e.id = a1.id JOIN r2 ON r2.grp = a1.grp;

-- gather
SELECT count(*) FROM a a1 JOIN a a2 ON a1.id = a2.id JOIN b b1 ON b1.aid = a1.id JOIN c c1 ON c1.owner = a1.id JOIN r1 ON r1.rid = a1.x JOIN r1 r ON r.rid = a1.grp JOIN k ON k.x = b1.x LEFT JOIN s ON s.x = c1.x LEFT JOIN e ON e.id = a1.id LEFT JOIN r2 ON r2.code = a1.t LEFT JOIN w ON w.x = a1.x AND w.f > 3;

-- gather
SELECT * FROM (SELECT * FROM (SELECT * FROM (SELECT x, count(*) AS n FROM (SELECT * FROM b WHERE y > 1) q1 GROUP BY x) q2 WHERE n > 1) q3 JOIN r1 ON q3.x = r1.rid) q4 ORDER BY 1;

-- gather
SELECT q4.m FROM (SELECT max(n) AS m FROM (SELECT n FROM (SELECT x, count(*) AS n FROM (SELECT b.x FROM b JOIN c ON b.x = c.x) q1 GROUP BY x) q2) q3) q4;

-- gather
SELECT v.n, count(b.bid) FROM (VALUES (1, 'a'), (2, 'b'), (NULL, 'c')) v(n, l) LEFT JOIN b ON b.x = v.n GROUP BY v.n, v.l ORDER BY v.l;

-- scatter
SELECT b.bid, v.* FROM b JOIN (VALUES (7, 1.5), (8, NULL)) v(k, z) ON v.k = b.aid ORDER BY 1;

-- scatter
SELECT * FROM (VALUES (1), (2)) v(x) NATURAL JOIN b ORDER BY bid;

-- gather
SELECT a.id, q.n, q.m FROM a, LATERAL (SELECT count(*) AS n, max(bid) AS m FROM b WHERE b.x = a.x) q ORDER BY 1;

-- scatter
SELECT a.id, q.n FROM a LEFT JOIN LATERAL (SELECT count(*) AS n FROM b WHERE b.aid = a.id HAVING count(*) > 1) q ON true ORDER BY 1;

-- gather
SELECT a.id, q.s FROM a CROSS JOIN LATERAL (SELECT string_agg(b.t, ',' ORDER BY bid) AS s FROM b JOIN c ON b.x = c.x WHERE b.y = a.x) q ORDER BY 1;

-- scatter
SELECT id, b.bid, c.num FROM a FULL JOIN b ON a.id = b.aid FULL JOIN c ON c.owner = a.id ORDER BY 1, 2, 3;

-- gather
SELECT x, b.bid, c.num FROM b FULL JOIN c USING (x) ORDER BY 1, 2, 3;

-- gather
SELECT x, count(*) FROM b FULL JOIN c USING (x) FULL JOIN k USING (x) GROUP BY x ORDER BY x;

-- gather
SELECT x, count(*) FROM (SELECT x, bid FROM b) b NATURAL JOIN (SELECT x, num FROM c) c NATURAL JOIN (SELECT x, v FROM k) k GROUP BY x ORDER BY x;

-- gather
SELECT * FROM (SELECT x, bid FROM b) q1 NATURAL FULL JOIN (SELECT x, num FROM c) q2 NATURAL LEFT JOIN (SELECT x, v FROM k) q3 ORDER BY 1, 2, 3, 4;

-- gather
SELECT a.id, l.* FROM a LEFT JOIN LATERAL (SELECT bid, y FROM b WHERE b.x = a.x ORDER BY y DESC NULLS LAST, bid LIMIT 2) l ON l.y > 0 ORDER BY 1, 2;

-- gather
SELECT a.id, l.n, m.n FROM a, LATERAL (SELECT count(*) AS n FROM b WHERE b.x = a.x) l, LATERAL (SELECT count(*) AS n FROM c WHERE c.x < l.n) m ORDER BY 1;

-- gather
SELECT g, count(b.bid) FROM generate_series(0, 5) g LEFT JOIN b ON b.x = g GROUP BY g ORDER BY g;

-- gather
SELECT x, lag(x) OVER (ORDER BY x) FROM (SELECT DISTINCT x FROM b) q ORDER BY x;

-- gather
SELECT * FROM (SELECT bid, x, row_number() OVER (PARTITION BY x ORDER BY bid) AS rn FROM b) q WHERE rn <= 2 ORDER BY x, rn;

-- gather
SELECT a.t, s.n FROM a JOIN (SELECT x, sum(y) AS n FROM b GROUP BY x HAVING count(*) > 2) s ON s.x = a.x ORDER BY a.id;

-- gather
SELECT a.grp, count(DISTINCT b.bid), count(DISTINCT c.num) FROM a LEFT JOIN b ON b.aid = a.id LEFT JOIN c ON c.owner = a.id GROUP BY a.grp ORDER BY a.grp;

-- gather
SELECT r1.t, sum(q.n) FROM r1 LEFT JOIN (SELECT x, count(*) AS n FROM b GROUP BY x) q ON q.x = r1.rid GROUP BY r1.t ORDER BY r1.t COLLATE "C";

-- gather
SELECT r1.rid, count(b.bid) FROM r1 LEFT JOIN b ON b.x = r1.rid GROUP BY r1.rid ORDER BY 1;

-- gather
SELECT l1.lid, count(b.bid) FROM l1 LEFT JOIN b ON b.x = l1.lid GROUP BY l1.lid ORDER BY 1;

-- gather
SELECT l1.t, (SELECT count(*) FROM b WHERE b.y = l1.x) FROM l1 ORDER BY lid;

-- gather
SELECT count(*) FROM b WHERE EXISTS (SELECT 1 FROM l1 WHERE l1.x = b.x);

-- gather
SELECT * FROM r2 LEFT JOIN k ON k.kt = r2.code ORDER BY r2.code, k.v;

-- scatter
SELECT count(*) FROM k JOIN r2 ON k.kt = r2.code;

-- gather
SELECT a.id, b.bid FROM a LEFT JOIN (b JOIN c ON b.x = c.x) ON a.id = b.aid AND c.num < 4 ORDER BY 1, 2, c.num;

-- gather
SELECT a.id, b.bid FROM (a LEFT JOIN b ON a.id = b.aid) LEFT JOIN c ON c.x = b.x AND c.num < 3 ORDER BY 1, 2, c.num;

-- gather
SELECT b1.bid, b2.bid FROM b b1 LEFT JOIN b b2 ON b2.x = b1.x AND b2.bid > b1.bid WHERE b2.bid IS NULL ORDER BY 1;

-- scatter
SELECT least(b.x, c.x), greatest(b.x, c.x, 3) FROM b JOIN c ON b.aid = c.owner ORDER BY bid, num;

-- scatter
SELECT coalesce(a.id, b.aid), a.t, b.t FROM a FULL OUTER JOIN b ON a.id = b.aid ORDER BY 1, b.bid;
