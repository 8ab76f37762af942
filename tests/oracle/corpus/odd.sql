-- What is easily taken apart wrongly: names that mean several things, stars, whole rows, constants,
-- queries in odd places, collations, local tables and catalogs beside shards.

-- scatter
SELECT count(b1) FROM b b1;

-- scatter
SELECT b1.bid, b1 IS NULL FROM a LEFT JOIN b b1 ON b1.aid = a.id ORDER BY a.id, 1;

-- scatter
SELECT to_jsonb(b1) ->> 'x' FROM b b1 ORDER BY bid;

-- scatter
SELECT row_to_json(b1) FROM b b1 ORDER BY bid;

-- scatter
SELECT (b1).x FROM b b1 ORDER BY bid;

-- scatter
SELECT (b1.*)::text FROM b b1 ORDER BY bid;

-- gather
SELECT b1.* FROM b b1 JOIN c ON c.x = b1.x ORDER BY bid, c.num;

-- gather
SELECT *, b1.x + 1 AS z FROM b b1 JOIN c ON c.num = b1.bid ORDER BY bid;

-- gather
SELECT array_agg(row(x, y) ORDER BY bid) FROM b;

-- gather
SELECT x, unnest(ARRAY[1, 2]) AS u FROM b GROUP BY x ORDER BY 1, 2;

-- scatter
SELECT jsonb_array_elements('[1,2]') FROM b WHERE bid < 3;

-- gather
SELECT q.* FROM (SELECT c.*, a.t AS at FROM c JOIN a ON a.x = c.x) q ORDER BY num, at LIMIT 7;

-- gather
SELECT x, lag(sum(y)) OVER (ORDER BY x) FROM b GROUP BY x ORDER BY x;

-- gather
SELECT sum(x) OVER w1, count(*) OVER w2 FROM b WINDOW w1 AS (PARTITION BY y), w2 AS (w1 ORDER BY bid);

-- gather
SELECT count(*) OVER w2 FROM b WINDOW w1 AS (ORDER BY bid), w2 AS (w1 ROWS 1 PRECEDING);

-- scatter
SELECT a.id FROM a WHERE EXISTS (SELECT count(*) OVER win FROM c WHERE c.owner = a.id WINDOW win AS ()) ORDER BY 1;

-- scatter
SELECT id, (SELECT sum(count(*)) OVER win FROM c WHERE c.owner = a.id WINDOW win AS ()) FROM a ORDER BY 1;

-- gather
SELECT q.n FROM (SELECT owner, count(*) OVER win AS n FROM c WINDOW win AS (ORDER BY num)) q JOIN a ON a.id = q.owner;

-- gather
SELECT string_agg(DISTINCT t, ',' ORDER BY t DESC) FILTER (WHERE x > 1), x FROM b GROUP BY x ORDER BY x;

-- gather
SELECT x FROM b GROUP BY x ORDER BY string_agg(t, ',' ORDER BY t), x;

-- scatter
SELECT x AS y, y AS x FROM b ORDER BY y, x + 0, bid;

-- gather
SELECT x + 1 AS x, count(*) FROM b GROUP BY x ORDER BY x;

-- scatter
SELECT b.x FROM a, b, c WHERE a.id = b.aid AND b.aid = c.owner ORDER BY bid, num;

-- gather
SELECT (SELECT a.x FROM b LIMIT 1) FROM a ORDER BY id;

-- gather
SELECT (SELECT max(b.x + a.x) FROM b WHERE b.y = a.grp) FROM a ORDER BY id;

-- gather
SELECT x FROM a WHERE x = (SELECT x FROM e);

-- gather
SELECT FROM b WHERE x = 3;

-- scatter
SELECT count(*) FROM (SELECT FROM b) q;

-- gather
SELECT 1 FROM b UNION ALL SELECT 2 FROM e;

-- anywhere
TABLE r1;

-- scatter
SELECT x FROM ONLY b ORDER BY bid;

-- scatter
SELECT x::text COLLATE "C" FROM b ORDER BY 1;

-- gather
SELECT t FROM b ORDER BY t USING <;

-- gather
SELECT t COLLATE "en-x-icu" FROM b ORDER BY 1;

-- scatter
SELECT 'ß' < 'z', t > 'ä' FROM b ORDER BY bid;

-- gather
SELECT max(t COLLATE "C"), min(t) FROM b;

-- gather
SELECT id FROM a ORDER BY m DESC NULLS LAST, id LIMIT 5;

-- gather
SELECT grouping(x), x, count(*) FROM b GROUP BY CUBE (x) ORDER BY 1, 2;

-- gather
SELECT count(*) FROM b GROUP BY GROUPING SETS ((), ());

-- gather
SELECT x, y FROM b GROUP BY x, y HAVING count(*) = (SELECT max(n) FROM (SELECT count(*) AS n FROM b GROUP BY x, y) q) ORDER BY 1, 2;

-- gather
SELECT a.id FROM a LEFT JOIN LATERAL (SELECT 1 AS one FROM b WHERE b.x = a.x LIMIT 1) q ON true WHERE q.one IS NULL ORDER BY 1;

-- gather
SELECT x, percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY y) FROM b GROUP BY x ORDER BY x;

-- gather
SELECT json_object_agg(x, y ORDER BY bid) FROM b WHERE x IS NOT NULL;

-- gather
SELECT xmlagg(xmlelement(name e, x) ORDER BY bid)::text FROM b;

-- gather
SELECT md5(string_agg(t, '' ORDER BY bid)) FROM b;

-- gather
SELECT width_bucket(f, 0, 10, 5), count(*) FROM b GROUP BY 1 ORDER BY 1;

-- scatter
SELECT overlay(t placing 'x' from 1 for 1), substring(t from 2), trim(both 'a' from t), position('a' in t) FROM b ORDER BY bid;

-- scatter
SELECT d + interval '1 day', age(d), date_part('dow', d) FROM b ORDER BY bid;

-- scatter
SELECT extract(epoch FROM ts) FROM w ORDER BY uid;

-- scatter
SELECT to_char(n, '999.99'), n::int, n::text FROM b ORDER BY bid;

-- gather
SELECT regexp_matches(t, 'p') FROM b ORDER BY 1;

-- gather
SELECT bid, m FROM (VALUES ('ok'::mood)) v(m), b ORDER BY bid LIMIT 3;

-- gather
SELECT m, count(*) FROM a GROUP BY m ORDER BY m;

-- gather
SELECT 'sad'::mood, count(*) FROM b;

-- gather
SELECT array_agg(m ORDER BY m) FROM a;

-- scatter
SELECT x FROM a WHERE m = ANY ('{ok,sad}'::mood[]) ORDER BY id;

-- scatter
SELECT js FROM a WHERE js @? '$.a' ORDER BY id;

-- gather
SELECT a.id, k FROM a, jsonb_object_keys(CASE WHEN jsonb_typeof(js) = 'object' THEN js ELSE '{}' END) k ORDER BY 1, 2;

-- gather
SELECT id FROM a WHERE (id, x) = ANY (SELECT aid, x FROM b) ORDER BY 1;

-- gather
SELECT id FROM a WHERE row(x, grp) > ALL (SELECT x, y FROM b WHERE bid < 3) ORDER BY 1;

-- gather
WITH q AS (SELECT 1 AS x) SELECT x FROM b WHERE x IN (SELECT x FROM q) ORDER BY bid;

-- gather
WITH RECURSIVE t(n) AS (SELECT min(bid) FROM b UNION ALL SELECT (SELECT min(bid) FROM b WHERE bid > t.n) FROM t WHERE n IS NOT NULL) SELECT count(n) FROM t;

-- gather
SELECT x FROM b EXCEPT SELECT x FROM b WHERE x > 3 INTERSECT SELECT y FROM b ORDER BY 1;

-- gather
SELECT * FROM (SELECT x FROM b UNION ALL SELECT x FROM c) q WHERE x = 3;

-- gather
SELECT a.t AS "Weird ""Name", count(*) AS "select" FROM a GROUP BY 1 ORDER BY "Weird ""Name", 2;

-- gather
SELECT NULL, count(NULL), 'x' FROM b;

-- scatter
SELECT sum(1), max(2), count(*) FROM b;

-- scatter
SELECT $$it's$$ || t, E'\n' || t, U&'\0041' || t FROM b ORDER BY bid;

-- scatter
SELECT (q).x FROM (SELECT x, y FROM b) q ORDER BY 1;

-- gather
SELECT q.n FROM (SELECT count(*) OVER win AS n FROM b GROUP BY x WINDOW win AS ()) q;

-- gather
SELECT a.id FROM a WHERE a.id IN (SELECT aid FROM b ORDER BY bid LIMIT 5) ORDER BY 1;

-- gather
SELECT x, count(*) FROM b WHERE EXISTS (SELECT 1 FROM a WHERE a.x = b.x) GROUP BY x ORDER BY 1;

-- scatter
SELECT * FROM b WHERE x = (SELECT max(x) FROM c WHERE c.owner = b.aid) ORDER BY bid;

-- gather
SELECT b.* FROM b NATURAL JOIN k ORDER BY bid, v;

-- gather
SELECT * FROM b NATURAL JOIN k ORDER BY bid, v;

-- gather
SELECT * FROM b JOIN k USING (aid) ORDER BY bid, v;

-- scatter
SELECT * FROM a JOIN e USING (id);

-- scatter
SELECT * FROM c c1 NATURAL FULL JOIN c c2 ORDER BY num;

-- gather
SELECT a.*, b.* FROM a LEFT JOIN b ON b.x = a.x ORDER BY a.id, b.bid;

-- gather
WITH q AS (SELECT * FROM a) SELECT q.*, b.x FROM q JOIN b ON b.y = q.x ORDER BY q.id, b.bid;

-- gather
WITH q AS (SELECT * FROM b JOIN k USING (aid)) SELECT count(*), max(bid) FROM q;

-- gather
SELECT r.* FROM r1 r LEFT JOIN b ON b.x = r.rid ORDER BY r.rid, b.bid;

-- gather
SELECT l1.*, r1.*, b.bid FROM l1, r1, b WHERE l1.lid = r1.rid AND r1.rid = b.x ORDER BY bid;

-- gather
SELECT lid, (SELECT count(*) FROM b WHERE b.x = l1.lid) FROM l1 ORDER BY 1;

-- gather
SELECT id FROM a WHERE x IN (SELECT lid FROM l1) ORDER BY 1;

-- gather
SELECT x FROM l1 UNION SELECT x FROM a ORDER BY 1;

-- gather
WITH q AS (SELECT lid FROM l1) SELECT a.id FROM a, q WHERE a.x = q.lid ORDER BY 1;

-- gather
SELECT count(*) FROM pg_class, b WHERE relname = 'nosuch';

-- gather
SELECT count(*) FROM information_schema.tables t, b WHERE t.table_name = 'nosuch';

-- scatter
SELECT public.b.x FROM public.b ORDER BY public.b.bid;

-- scatter
SELECT b.x FROM public.b, public.a WHERE b.aid = a.id AND a.x = b.x ORDER BY bid;

-- gather
SELECT now() - now() = interval '0', count(*) FROM b;

-- gather
SELECT count(DISTINCT now()) FROM b, c;

-- scatter
SELECT bid FROM b WHERE d < current_date ORDER BY bid;

-- gather
SELECT max(d) < now() FROM b;

-- gather
SELECT count(DISTINCT q.n) FROM (SELECT now() AS n FROM b UNION ALL SELECT now() FROM c) q;

-- gather
SELECT count(*) FROM b, c WHERE random() < 2;

-- gather
SELECT count(*) FROM (SELECT random() AS r FROM b) q, c WHERE q.r < 2;

-- gather
SELECT count(DISTINCT gen_random_uuid()) FROM b, c;

-- gather
SELECT x, sum(y) FROM (SELECT x, y FROM b UNION ALL SELECT x, grp FROM c) q GROUP BY ROLLUP (x) ORDER BY 1, 2;

-- gather
SELECT bid FROM b WHERE x > (SELECT avg(x) FROM b b2 WHERE b2.y = b.y) ORDER BY bid;

-- gather
SELECT bid, (SELECT string_agg(num::text, ',' ORDER BY num) FROM c WHERE c.x = b.x AND c.grp < (SELECT avg(x) FROM s WHERE s.num = b.bid)) FROM b ORDER BY bid;

-- gather
SELECT a.id, (SELECT (SELECT count(*) FROM c WHERE c.x = b.y AND c.grp = a.grp) FROM b WHERE b.aid = a.id ORDER BY bid LIMIT 1) FROM a ORDER BY 1;

-- gather
SELECT x FROM b GROUP BY x HAVING count(*) > ALL (SELECT count(*) FROM c GROUP BY x) ORDER BY 1;

-- gather
SELECT sum(q.s) FROM (SELECT sum(f) AS s FROM a GROUP BY grp) q;

-- gather
SELECT ARRAY(SELECT DISTINCT x FROM b ORDER BY x), ARRAY[(SELECT min(x) FROM c), 2];

-- gather
SELECT 1 WHERE 5 IN (SELECT x FROM b);

-- gather
SELECT CASE WHEN (SELECT count(*) FROM b) > 10 THEN (SELECT max(t) FROM b) ELSE 'few' END;

-- gather
VALUES ((SELECT count(*) FROM b), 1), (2, (SELECT min(x) FROM c));

-- gather
SELECT g, (SELECT count(*) FROM b WHERE x = g) FROM generate_series(1, 5) g ORDER BY 1;

-- gather
SELECT g FROM generate_series(1, (SELECT max(x) FROM b)) g ORDER BY 1;

-- gather
SELECT u FROM unnest((SELECT array_agg(x) FROM b)) u ORDER BY 1;

-- scatter
SELECT * FROM ROWS FROM (generate_series(1, 3), generate_series(2, 3)) WITH ORDINALITY r(p, q, o), b WHERE b.x = p ORDER BY bid;

-- gather
SELECT t, count(*) FROM b GROUP BY t HAVING t > 'b' COLLATE "C" ORDER BY t COLLATE "C";

-- gather
SELECT t COLLATE "C" AS t, count(*) FROM b GROUP BY t COLLATE "C" ORDER BY 1;

-- gather
SELECT max(t COLLATE "C") OVER (ORDER BY bid) FROM b ORDER BY bid;

-- gather
SELECT DISTINCT ON (t COLLATE "C") t, bid FROM b ORDER BY t COLLATE "C", bid;

-- scatter
SELECT bid FROM b ORDER BY t COLLATE "C" DESC, bid LIMIT 5;

-- scatter
SELECT c || t FROM a ORDER BY id;

-- scatter
SELECT c < t COLLATE "C" FROM a ORDER BY id;

-- scatter
SELECT n / 3, n % 2, n ^ 2, sqrt(abs(x)) FROM a WHERE n <> 'NaN' AND n < 100 ORDER BY id;

-- gather
SELECT sum(q) / count(*), avg(q) FROM c;

-- gather
SELECT x, avg(q), sum(q), stddev(q) FROM c GROUP BY x ORDER BY x;

-- scatter
SELECT -f, f = 0, g = '-0' FROM a ORDER BY id;

-- gather
SELECT max(g), min(g), max(n), min(n) FROM a GROUP BY x ORDER BY x;

-- gather
SELECT avg(x) FROM b UNION ALL SELECT avg(y) FROM b;

-- gather
SELECT id, id = ANY (SELECT owner FROM c) FROM a ORDER BY id;

-- gather
SELECT id IN (SELECT aid FROM b WHERE x IS NULL) AS q, count(*) FROM a GROUP BY 1 ORDER BY 1;

-- scatter
SELECT x NOT IN (SELECT y FROM b WHERE b.aid = a.id), id FROM a ORDER BY id;

-- gather
SELECT x IS NULL AS n, count(*) FROM b GROUP BY x IS NULL ORDER BY 1;

-- scatter
SELECT count(*) FROM b WHERE (x, y) IN ((1, 2), (3, 4)) OR (x, y) = (0, 0);

-- scatter
SELECT count(*) FROM b WHERE ROW(x, y) < ROW(3, 3);

-- gather
SELECT 1 WHERE EXISTS (SELECT 1 FROM b);

-- gather
SELECT (SELECT count(*) FROM b) + (SELECT count(*) FROM c), (SELECT max(t) FROM a);

-- gather
VALUES ((SELECT count(*) FROM b), 'x'), (1, (SELECT max(t) FROM c)) ORDER BY 1;

-- gather
SELECT count(*) FROM b CROSS JOIN c CROSS JOIN r1;

-- gather
SELECT sum(b.x * c.x) FROM b, c WHERE b.bid = c.num;

-- gather
SELECT x, (x) FROM b GROUP BY (x) ORDER BY (x);

-- gather
SELECT b.x FROM b GROUP BY (x, y) ORDER BY x, y;

-- scatter
SELECT ALL x FROM b ORDER BY bid LIMIT 2;

-- scatter
SELECT bid b FROM b ORDER BY b LIMIT 3;

-- scatter
SELECT x "x", x AS x2, x AS x2 FROM b ORDER BY bid LIMIT 3;

-- scatter
SELECT bid, bid FROM b ORDER BY bid LIMIT 3;

-- gather
SELECT q.* FROM (SELECT b.x, c.x FROM b JOIN c ON b.x = c.x AND b.bid < 4 AND c.num < 4) q(p, r) ORDER BY 1, 2;

-- gather
SELECT b.x, c.* FROM b JOIN c ON b.x = c.x WHERE bid < 4 ORDER BY bid, num;

-- scatter
SELECT *, x + 1 AS x1 FROM b WHERE bid < 3 ORDER BY bid;

-- scatter
SELECT b.*, b.* FROM b WHERE bid < 3 ORDER BY bid;

-- scatter
SELECT count(*), count(*) FROM b;

-- gather
SELECT count(*) + count(*) * 2, sum(x) / count(*) FROM b;

-- refused 0A000
SELECT x FROM b WHERE bid = 5 FOR SHARE;

-- gather
SELECT row_number() OVER (ORDER BY bid) AS rn, generate_series(1, 2) AS g FROM b WHERE bid < 6 ORDER BY 1, 2;

-- gather
SELECT 1 AS y, count(*) FROM (SELECT * FROM b) q GROUP BY y;

-- gather
SELECT 1 AS id, count(*) FROM a FULL JOIN e USING (id) GROUP BY id;

-- gather
SELECT id, count(*) OVER () FROM e RIGHT JOIN a USING (id) ORDER BY id;

-- gather
SELECT id * 1000000000, count(*) FROM e JOIN a USING (id) GROUP BY id, grp;

-- gather
SELECT max(id), grp FROM e JOIN a USING (id) GROUP BY grp ORDER BY 2;

-- gather
WITH r1 AS (SELECT 3 AS rid) SELECT x, bid FROM b ORDER BY x, bid LIMIT (SELECT count(*) FROM r1);

-- gather
WITH l1 AS (SELECT 3 AS lid) SELECT DISTINCT x FROM b ORDER BY x OFFSET (SELECT count(*) FROM l1);

-- gather
WITH w AS (SELECT 1 AS x) SELECT b.bid, s.x FROM b JOIN (SELECT q.x FROM w q JOIN b b2 ON b2.x = q.x WHERE EXISTS (WITH w AS (SELECT 5 AS zz) SELECT FROM w)) s ON s.x = b.x ORDER BY 1;

-- gather
-- params: ["2024-01-02 10:00"]
SELECT z1.zid, z2.zid FROM z z1, z z2 WHERE z1.d = $1 AND z2.ts > $1 AND z2.x = z1.x ORDER BY 1, 2;

-- gather
-- params: ["0.3"]
SELECT z1.zid, z2.zid FROM z z1, z z2 WHERE z1.f4 = $1 AND z2.f8 <> $1 AND z2.x = z1.x ORDER BY 1, 2;

-- gather
-- params: [[1, 2, 3]]
SELECT b.bid, a.id FROM a, b WHERE b.x = ANY ($1) AND a.id = ANY ($1) AND a.x = b.x ORDER BY 1, 2;

-- gather
SELECT string_agg(t, ',') FROM (SELECT t FROM b ORDER BY bid) q;

-- gather
SELECT bid, row_number() OVER () FROM (SELECT bid FROM b ORDER BY bid DESC) q;

-- gather
SELECT (z1).*, count(*) OVER () FROM z z1 ORDER BY zid;

-- gather
SELECT (co).*, zid FROM z ORDER BY 2, zid LIMIT 5;

-- gather
SELECT z1.co, z1.x, z1.y, z1.cos, z1.ch, z1.bits, z1.moods, z1.texts, z1.squares, z1.ra, z2.zid FROM z z1 JOIN z z2 ON z2.x = z1.y ORDER BY z1.zid, z2.zid;

-- gather
SELECT co, x, y, (co).two, cos[1], count(*) OVER (), texts, squares FROM z ORDER BY zid;

-- gather
SELECT co, count(*), max(x) FROM z GROUP BY co ORDER BY co;

-- gather
SELECT z1.zid, z2.zid FROM z z1 JOIN z z2 ON z1.texts = z2.texts WHERE z1.x = 2 ORDER BY 1, 2;

-- gather
SELECT z1.zid, z2.zid FROM z z1 JOIN z z2 ON z1.ch = z2.ch AND z1.ra = z2.ra WHERE z1.x = 2 ORDER BY 1, 2;

-- gather
SELECT count(*) FROM (SELECT random() AS p, random() AS q FROM b) z WHERE p = q;

-- gather
SELECT random() = random() AS p, count(*) OVER () FROM b;

-- gather
SELECT bid FROM (SELECT bid FROM b ORDER BY bid DESC) q LIMIT 3;

-- gather
SELECT q.x, q.bid FROM (SELECT * FROM b ORDER BY x DESC NULLS LAST, bid) q OFFSET 2 LIMIT 3;
