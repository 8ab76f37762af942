-- Views of distributed tables (data.sql).

-- scatter
SELECT * FROM va ORDER BY id;

-- gather
SELECT u, count(*) FROM va GROUP BY u ORDER BY u COLLATE "C";

-- scatter
SELECT va.id, vj.bid FROM va JOIN vj ON va.id = vj.id ORDER BY 1, 2;

-- gather
SELECT va.id, vj.bid FROM va JOIN vj ON va.x = vj.x ORDER BY 1, 2;

-- gather
SELECT * FROM vg ORDER BY x;

-- route
SELECT * FROM vk WHERE aid = 7;

-- scatter
SELECT * FROM vk WHERE n > 1 ORDER BY aid;

-- scatter
SELECT avg(n) FROM vk;

-- gather
SELECT x, count(*) FROM vu GROUP BY x ORDER BY x;

-- gather
SELECT * FROM vw WHERE r = 1 ORDER BY bid;

-- gather
SELECT * FROM vn ORDER BY 1, 3;

-- gather
SELECT * FROM vl ORDER BY bid;

-- gather
SELECT * FROM vr ORDER BY 1, 3;

-- gather
SELECT id FROM a WHERE x IN (SELECT x FROM vg WHERE n > 5) ORDER BY id;

-- gather
SELECT id, (SELECT n FROM vg WHERE vg.x = a.x) FROM a ORDER BY id;

-- gather
SELECT id FROM a WHERE EXISTS (SELECT 1 FROM vo WHERE vo.id = a.id) ORDER BY id;

-- gather
SELECT v.id, v.u FROM va v(id, g, xx, t, u) WHERE v.xx = 2 ORDER BY id;

-- anywhere
WITH va AS (SELECT 1 AS one) SELECT * FROM va;

-- gather
SELECT vo.* FROM vo, LATERAL (SELECT count(*) FROM vu WHERE vu.x = vo.x) l(n) WHERE l.n > 3 ORDER BY 1, 2, 3;

-- gather
SELECT count(*) FROM vo NATURAL JOIN vg;

-- gather
SELECT x FROM vg UNION SELECT x FROM vo EXCEPT SELECT x FROM vl ORDER BY 1;

-- gather
SELECT row_to_json(v) FROM vg v ORDER BY v.x;

-- gather
SELECT count(vg), count(DISTINCT vg) FROM vg;

-- gather
WITH RECURSIVE t(n) AS (SELECT min(bid) FROM vw UNION SELECT vw.x FROM vw JOIN t ON vw.bid = t.n) SELECT * FROM t ORDER BY n;

-- gather
SELECT DISTINCT ON (x) x, bid FROM vw ORDER BY x, r, bid;

-- gather
SELECT sum(n) OVER (ORDER BY x), x FROM vg ORDER BY x;

-- gather
SELECT x, grouping(x), count(*) FROM vo GROUP BY ROLLUP (x) ORDER BY 1, 2;
