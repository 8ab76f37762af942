-- FROM table alias(columns).

-- scatter
SELECT aid, bid, x FROM b bb(aid, bid, x) ORDER BY bid;

-- route
SELECT k, v FROM b bb(k, v) WHERE k = 7 ORDER BY v;

-- scatter
SELECT p, q, y FROM b bb(p, q) WHERE q < 5 ORDER BY q;

-- scatter
SELECT bb.* FROM b AS bb(p, q, y, x) WHERE bb.x < 3 ORDER BY q;

-- scatter
SELECT bb.p, a.t FROM b bb(p) JOIN a ON a.id = bb.p ORDER BY a.id, bb.bid;

-- scatter
SELECT count(*) FROM b bb(id, i) JOIN a USING (id);

-- scatter
SELECT count(*) FROM b bb(id, i) JOIN a aa(id, z) USING (id) JOIN c cc(id) USING (id);

-- gather
SELECT count(*) FROM b bb(p, q, id) JOIN a USING (id);

-- gather
SELECT bb.x, count(*) FROM b bb(p, x, aid) JOIN c ON c.x = bb.aid GROUP BY bb.x ORDER BY 1;

-- scatter
SELECT p, count(*) FROM b bb(p) GROUP BY p ORDER BY p;

-- scatter
SELECT p, q, r, rank() OVER (PARTITION BY p ORDER BY q) FROM b bb(p, q, r) ORDER BY q;

-- gather
SELECT p, q, r, rank() OVER (PARTITION BY r ORDER BY q) FROM b bb(p, q, r) ORDER BY q;

-- scatter
SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b bb(k, i, j) WHERE bb.k = a.id AND bb.j > 2) ORDER BY id;

-- gather
SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b bb(k, i, j) WHERE bb.j = a.x AND bb.k > 2) ORDER BY id;

-- gather
SELECT * FROM b NATURAL JOIN c cc(owner, num, grp, y) ORDER BY bid, num;

-- scatter
SELECT * FROM b bb(a, b, c) LEFT JOIN r1 rr(d, e) ON rr.d = bb.c ORDER BY bb.b;

-- gather
SELECT * FROM r1 rr(d, e) LEFT JOIN b bb(a, b, c) ON rr.d = bb.c ORDER BY rr.d, bb.b;

-- gather
SELECT bb FROM (SELECT * FROM b x(p, q) WHERE q < 3) bb ORDER BY 1;

-- scatter
SELECT row_to_json(bb) FROM b bb("P", "Q q") WHERE "Q q" < 3 ORDER BY "Q q";

-- gather
SELECT aa.i, aa.x, count(*) FROM a aa(i) JOIN b ON b.x = aa.x GROUP BY aa.i ORDER BY 1;

-- error 42703
SELECT aid FROM b bb(p) ORDER BY 1;

-- error 42702
SELECT x FROM b bb(x) ORDER BY 1;

-- error 42P10
SELECT 1 FROM r1 rr(a, b, c, d, e, f, g);

-- error 42P10
SELECT 1 FROM b rr(a, b, c, d, e, f, g, h, i, j);

-- scatter
SELECT cc FROM a aa(i, g, x, b1, n, f, f2, t, cc) WHERE cc < 'b' ORDER BY cc, i;

-- gather
SELECT max(cc) FROM a aa(i, g, x, b1, n, f, f2, t, cc) JOIN b ON b.t = aa.cc COLLATE "C";

-- gather
WITH q AS (SELECT * FROM b bb(k, v)) SELECT k, count(*) FROM q GROUP BY k ORDER BY k;

-- scatter
SELECT k FROM b bb(k, v) WHERE k IN (1, 2, 7) AND v < 30 ORDER BY v;

-- The names in a row are those of the table.
-- refused 0A000
SELECT row_to_json(a2) FROM a a1 LEFT JOIN a a2(n3, n4) ON a1.x = a2.n4;

-- gather
SELECT a2.*, a1.id FROM a a1 JOIN b a2(n3, n4) ON a1.x = a2.n4 ORDER BY n4, a1.id;
