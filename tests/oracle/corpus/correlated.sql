-- Subqueries that are asked again for each row around them: answered for all keys at once where
-- that is the same.

-- gather
SELECT a.id, (SELECT count(*) FROM b WHERE b.x = a.x) FROM a ORDER BY 1;

-- gather
SELECT a.id, (SELECT count(*) FROM b WHERE b.x = a.x), (SELECT count(*) FROM b WHERE b.x = a.grp), (SELECT count(*) FROM b WHERE a.x = b.x) FROM a WHERE a.id < 30 ORDER BY 1;

-- gather
SELECT o.id, i.id, (SELECT count(*) FROM b WHERE b.x = o.x AND b.y = o.grp), (SELECT count(*) FROM b WHERE b.x = i.x AND b.y = i.grp), (SELECT count(*) FROM b WHERE b.y = o.grp AND b.x = o.x), (SELECT count(*) FROM b WHERE b.x = o.grp AND b.y = o.x) FROM a o JOIN a i ON i.id = o.grp WHERE o.id > 5 ORDER BY 1;

-- gather
SELECT a.id, (SELECT count(*) FROM b WHERE b.x = a.x AND b.y > 2) AS n, (SELECT max(b.t) FROM b WHERE a.x = b.x AND b.y > 2) FROM a WHERE a.id < 40 AND (SELECT count(*) FROM b WHERE b.x = a.x AND b.y > 2) > 1 ORDER BY n, 1;

-- gather
SELECT a.grp, count(*) FROM a WHERE a.id > (SELECT avg(b.bid) * 0.2 + a.x FROM b WHERE b.x = a.x) GROUP BY a.grp ORDER BY 1;

-- gather
SELECT a.grp, count(*), sum((SELECT count(*) FROM b WHERE b.x = a.x)) FROM a GROUP BY a.grp ORDER BY 1;

-- gather
SELECT a.x, (SELECT count(*) FROM b WHERE b.y = a.x) FROM a GROUP BY a.x ORDER BY 1;

-- gather
SELECT a.x FROM a GROUP BY a.x HAVING count(*) > (SELECT count(*) FROM c WHERE c.grp = a.x) ORDER BY 1;

-- gather
SELECT DISTINCT (SELECT sum(b.bid) FILTER (WHERE b.y < 3) FROM b JOIN c ON c.num = b.bid WHERE c.grp = a.grp AND b.x = a.x) AS s FROM a ORDER BY 1;

-- gather
SELECT DISTINCT a.grp, (SELECT count(*) FROM b WHERE b.x = a.grp) FROM a ORDER BY a.grp, (SELECT count(*) FROM b WHERE b.x = a.grp);

-- gather
SELECT r.t, (SELECT count(b.y) FROM b WHERE b.x = r.x) FROM r1 r LEFT JOIN a ON a.id = r.rid ORDER BY r.rid;

-- gather
SELECT a.id, (SELECT count(*) FROM c WHERE c.x = b.x), (SELECT min(c.q) FROM c WHERE c.x = b.x) FROM a LEFT JOIN b ON b.y = a.x AND b.bid < 5 ORDER BY 1, 2, 3;

-- gather
SELECT a.id, b.bid, (SELECT count(*) FROM c WHERE c.x = b.x) FROM a FULL JOIN b ON b.y = a.x AND a.id < 10 ORDER BY 1, 2, 3;

-- gather
SELECT a.id FROM a JOIN c ON c.x = a.x AND c.num < (SELECT max(b.bid) FROM b WHERE b.y = c.grp) ORDER BY 1, c.owner, c.num;

-- gather
SELECT a.id FROM a JOIN c USING (x) WHERE c.num < (SELECT max(b.bid) FROM b WHERE b.y = x) ORDER BY 1, c.owner, c.num;

-- gather
SELECT q.count, q.n FROM (SELECT a.id, (SELECT count(*) FROM b WHERE b.x = a.x), (SELECT coalesce(sum(b.bid), -1) AS n FROM b WHERE b.x = a.x AND b.bid > 1000) FROM a) q ORDER BY q.id;

-- gather
SELECT a.*, (SELECT count(*) FROM b WHERE b.x = a.x) FROM a ORDER BY a.id;

-- gather
SELECT *, (SELECT count(*) FROM b WHERE b.x = a.x) FROM a ORDER BY a.id;

-- gather
SELECT a.id, (SELECT array_agg(b.bid ORDER BY b.bid, b.aid) FROM b WHERE b.x = a.x), (SELECT string_agg(b.t, ',' ORDER BY b.aid, b.bid) FROM b WHERE b.x = a.x), (SELECT avg(b.n) FROM b WHERE b.x = a.x), (SELECT bool_or(b.y > 3) FROM b WHERE b.x = a.x) FROM a ORDER BY 1;

-- gather
SELECT a.id, (SELECT count(*) FROM b WHERE b.n = a.n), (SELECT count(*) FROM b WHERE b.f = a.f), (SELECT count(*) FROM b WHERE b.t = a.t), (SELECT count(*) FROM b WHERE b.d = a.d) FROM a ORDER BY 1;

-- gather
SELECT a.id, (SELECT max(k.t) FROM k WHERE k.x = a.x AND a.grp > 1), (SELECT max(b.bid) FROM b WHERE b.x = a.x), (SELECT count(*) + a.grp FROM b WHERE b.x = a.x) FROM a ORDER BY 1;

-- gather
SELECT a.id FROM a ORDER BY (SELECT count(*) FROM b WHERE b.x = a.x) DESC, a.id LIMIT 7;

-- gather
SELECT a.id, rank() OVER (PARTITION BY (SELECT count(*) FROM b WHERE b.x = a.x) ORDER BY a.id) FROM a ORDER BY 1;

-- gather
SELECT t.id, t.n, (SELECT count(*) FROM c WHERE c.x = t.x) FROM (SELECT a.id, a.x, (SELECT count(*) FROM b WHERE b.x = a.x) AS n FROM a) t ORDER BY 1;

-- gather
SELECT a.id FROM a WHERE EXISTS (SELECT 1 FROM c WHERE c.grp = a.grp AND c.num < (SELECT count(*) FROM b WHERE b.x = c.x)) ORDER BY 1;

-- gather
SELECT a.id, (SELECT (SELECT count(*) FROM c WHERE c.x = b.x AND c.grp = a.grp) FROM b WHERE b.x = a.x ORDER BY b.aid, b.bid LIMIT 1) FROM a ORDER BY 1;

-- gather
SELECT a.id, (SELECT count(DISTINCT b.y) FROM b WHERE b.x = a.x), (SELECT count(*) FROM (SELECT 1) o, b WHERE b.x = a.x) FROM a ORDER BY 1;

-- gather
SELECT a.id, (SELECT sum(10 / (b.bid - 1)) FROM b WHERE b.x = a.x AND b.bid <> 1) FROM a ORDER BY 1;

-- gather
SELECT o.id, (SELECT count(*) FROM a WHERE a.x = o.x) - (SELECT count(*) FROM a i WHERE i.x = o.x AND i.id < o.id) FROM a AS o (id, grp, x) ORDER BY 1;

-- gather
WITH q AS (SELECT x FROM b WHERE y > 1) SELECT a.id, (SELECT count(*) FROM q WHERE q.x = a.x), (SELECT count(*) FROM c WHERE c.x = a.x) FROM a ORDER BY 1;

-- gather
SELECT z.zid, (SELECT count(*) FROM z i WHERE i.ch = z.ch), (SELECT count(*) FROM z i WHERE i.f4 = z.f4) FROM z ORDER BY 1;

-- gather
SELECT e.id, (SELECT count(*) FROM b WHERE b.x = e.x) FROM e UNION ALL SELECT a.id, (SELECT sum(e.id) FROM e WHERE e.x = a.x) FROM a ORDER BY 1, 2;

-- The first row of each key, or the only one.

-- gather
SELECT b.aid, b.bid, (SELECT a.t FROM a WHERE a.id = b.y) FROM b ORDER BY 1, 2;

-- gather
SELECT c.num, (SELECT b.n FROM b WHERE b.aid = a.id AND b.bid = c.num) FROM c JOIN a ON a.x = c.x ORDER BY 1, 2, a.id;

-- gather
SELECT c.owner, c.num, (SELECT b.n + b.bid AS v FROM b WHERE b.bid = c.num AND c.owner = b.x ORDER BY b.y DESC NULLS LAST, b.aid LIMIT 1) FROM c ORDER BY 1, 2;

-- gather
SELECT c.owner, c.num, (SELECT b.t FROM b WHERE b.x = c.x AND b.y > 1 ORDER BY b.d, b.bid DESC, b.aid LIMIT 1) AS first FROM c WHERE c.grp = 2 ORDER BY first, 1, 2;

-- gather
SELECT c.owner, c.num, (SELECT bid x FROM b WHERE b.y = c.x ORDER BY x, b.aid LIMIT 1) FROM c ORDER BY 1, 2;

-- gather
SELECT c.owner, c.num, (SELECT x FROM b WHERE b.y = c.x ORDER BY x DESC NULLS LAST FETCH FIRST ROW ONLY) FROM c ORDER BY 1, 2;

-- gather
SELECT c.owner, c.num, (SELECT b.bid FROM b WHERE b.y = c.x ORDER BY 1 LIMIT 1), (SELECT b.bid FROM b WHERE b.y = c.x ORDER BY b.bid LIMIT 1 OFFSET 1) FROM c ORDER BY 1, 2;

-- gather
SELECT a.id FROM a WHERE a.grp = (SELECT c.grp FROM c WHERE c.x = a.x ORDER BY c.owner DESC, c.num LIMIT 1) ORDER BY 1;

-- gather
SELECT a.id, (SELECT c.b FROM c JOIN b ON b.bid = c.num AND b.y > 0 WHERE c.x = a.x ORDER BY c.num, c.owner, b.aid LIMIT 1), (SELECT a.grp + c.num FROM c WHERE c.x = a.x ORDER BY c.num, c.owner LIMIT 1) FROM a ORDER BY 1;

-- gather
SELECT a.id, (SELECT a2.id FROM a a2 WHERE a2.id = a.grp), (SELECT a2.c FROM a a2 WHERE a2.id = a.big) FROM a ORDER BY 1;

-- gather
SELECT b.aid, b.bid, (SELECT count(*) FROM c WHERE c.x = b.x) + (SELECT a.grp FROM a WHERE a.id = b.y AND a.b) FROM b ORDER BY 1, 2;

-- error 21000
SELECT a.id, (SELECT b.bid FROM b WHERE b.x = a.x) FROM a ORDER BY 1;

-- The same question of two columns of a table, and of two tables.

-- gather
SELECT a.id, (SELECT count(*) FROM b WHERE b.x = a.x) AS m, (SELECT count(*) FROM b WHERE b.x = a.grp) AS n FROM a ORDER BY 1;

-- gather
SELECT a.id, (SELECT count(*) FROM b WHERE b.x = a.grp), (SELECT count(*) FROM b WHERE b.x = a.x) FROM a WHERE a.id < 20 ORDER BY 1;

-- gather
SELECT a.id, r.rid, (SELECT sum(b.y) FROM b WHERE b.x = a.x), (SELECT sum(b.y) FROM b WHERE b.x = r.rid), (SELECT sum(b.y) FROM b WHERE b.x = r.x) FROM a JOIN r1 r ON r.rid = a.grp WHERE a.id < 20 ORDER BY 1, 2;

-- gather
SELECT q.id, o.bid, (SELECT count(*) FROM b WHERE b.x = q.x), (SELECT count(*) FROM b WHERE b.x = o.y), (SELECT max(b.bid) FROM b WHERE b.x = o.x) FROM a q JOIN b o ON o.y = q.grp WHERE q.id < 4 AND o.bid < 30 ORDER BY 1, 2;

-- Names of its own, which NATURAL and bare names do not meet.

-- gather
SELECT x, e.id, (SELECT count(*) FROM b WHERE b.y = r.rid), (SELECT count(*) FROM b WHERE b.y = e.id) FROM r1 r NATURAL LEFT JOIN e ORDER BY 1, r.rid;

-- gather
SELECT r.rid, l.lid, (SELECT count(*) FROM b WHERE b.y = r.rid), (SELECT count(*) FROM b WHERE b.y = l.lid) FROM r1 r NATURAL FULL JOIN l1 l ORDER BY 1, 2;

-- gather
SELECT covet_d1.id, covet_k1, (SELECT count(*) AS covet_v1 FROM b covet_d2 WHERE covet_d2.x = covet_d1.grp) AS covet_v1 FROM a covet_d1 (id, grp, covet_k1) ORDER BY 1;

-- gather
SELECT covet_k1, covet_v1, (SELECT count(*) FROM b WHERE b.x = q.covet_v1) FROM a q (covet_k1, covet_v1) ORDER BY 1;

-- What would fail for a row that nobody asks for.

-- gather
SELECT r.rid, (SELECT sum(b.bid * 40000000) FROM b WHERE b.bid = r.rid) FROM r1 r ORDER BY 1;

-- gather
SELECT r.rid, CASE WHEN r.x > 100 THEN (SELECT sum(b.bid * 40000000) FROM b WHERE b.x = r.rid) END FROM r1 r ORDER BY 1;

-- gather
SELECT r.rid, (SELECT array_agg(z.squares ORDER BY z.zid) FROM z WHERE z.zid = r.rid AND z.zid <> 1) FROM r1 r WHERE r.rid % 3 = 0 ORDER BY 1;

-- gather
SELECT a.id, (SELECT sum(b.n * (1 - b.bid) - 0.5) FROM b WHERE b.x = a.x), (SELECT avg(b.n * b.y) FROM b WHERE b.x = a.x) FROM a ORDER BY 1;

-- params: [2, 3]
-- gather
SELECT a.id, (SELECT count(*) FROM b WHERE b.x = a.x AND b.y = $1) AS m, (SELECT count(*) FROM b WHERE b.x = a.x AND b.y = $2) AS n FROM a ORDER BY 1;

-- params: ["happy"]
-- gather
SELECT a.id, (SELECT max(o.m) FROM a o WHERE o.x = a.grp AND o.m <= $1), $1::text FROM a ORDER BY 1;

-- Brackets of their own around the query, its ORDER BY and LIMIT outside them.

-- gather
SELECT a.id, ((SELECT b.bid FROM b WHERE b.x = a.x) ORDER BY 1 LIMIT 1), ((SELECT b.bid FROM b WHERE b.x = a.x ORDER BY b.bid DESC) LIMIT 1), ((SELECT b.y FROM b WHERE b.x = a.x) ORDER BY b.y LIMIT 1), (((SELECT count(*) FROM b WHERE b.x = a.x))) FROM a ORDER BY 1;

-- gather
SELECT a.id FROM a WHERE a.grp IN ((SELECT c.x FROM c ORDER BY c.x) LIMIT 3) OR a.x = ((SELECT c.x FROM c WHERE c.num > 3 ORDER BY c.x) LIMIT 1) ORDER BY 1;

-- gather
SELECT a.id FROM a WHERE a.grp IN (SELECT c.x FROM c JOIN b ON b.bid = ((SELECT k.v FROM k ORDER BY k.v) LIMIT 1) WHERE c.num > 0) ORDER BY 1;

-- gather
SELECT a.id FROM a WHERE a.grp IN (((SELECT c.x FROM c) UNION (SELECT b.x FROM b WHERE b.y = 2)) ORDER BY 1 LIMIT 3) ORDER BY 1;
