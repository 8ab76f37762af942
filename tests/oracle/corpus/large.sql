-- Statements as large as those of decision support.

-- gather
SELECT r1.t, c.grp, sum(b.n * c.q) AS amount, count(DISTINCT a.id) AS parents, avg(b.x) AS mean FROM a JOIN b ON b.aid = a.id JOIN c ON c.owner = a.id LEFT JOIN r1 ON r1.rid = b.x WHERE a.x BETWEEN -1 AND 7 AND (b.d IS NULL OR b.d >= date '2024-01-02') GROUP BY r1.t, c.grp HAVING count(*) > 1 ORDER BY amount DESC NULLS LAST, 1, 2 LIMIT 10;

-- gather
SELECT a.id, a.t, q.n, p.m FROM a JOIN (SELECT aid, count(*) AS n, max(y) AS m FROM b GROUP BY aid) q ON q.aid = a.id LEFT JOIN (SELECT owner, max(x) AS m FROM c GROUP BY owner HAVING count(*) > 1) p ON p.owner = a.id WHERE NOT EXISTS (SELECT 1 FROM s WHERE s.sid = a.id) AND a.x > (SELECT avg(x) FROM a) ORDER BY q.n DESC, a.id;

-- gather
SELECT x, n, rank() OVER (ORDER BY n DESC), n - lag(n) OVER (ORDER BY x), round(100.0 * n / sum(n) OVER (), 2) AS share FROM (SELECT b.x, count(*) AS n FROM b JOIN c ON c.x = b.y GROUP BY b.x) q ORDER BY x;

-- gather
WITH per_parent AS (SELECT aid, x, sum(y) AS s FROM b GROUP BY aid, x), best AS (SELECT x, max(s) AS s FROM per_parent GROUP BY x) SELECT p.aid, p.x, p.s FROM per_parent p JOIN best ON best.x = p.x AND best.s = p.s ORDER BY 2, 1;

-- gather
SELECT a1.id, b.bid, c.num, k.v, s.num, r1.rid, r2.code, a2.id FROM a a1 JOIN b ON b.aid = a1.id JOIN c ON c.owner = a1.id JOIN k ON k.aid = b.y JOIN s ON s.x = c.x JOIN r1 ON r1.rid = s.x JOIN r2 ON r2.grp = r1.x JOIN a a2 ON a2.id = k.x WHERE a1.id < 12 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8 LIMIT 40;

-- gather
SELECT a.grp, count(*) FILTER (WHERE b.x > 3) AS many, count(*) FILTER (WHERE b.x <= 3) AS few, sum(CASE WHEN EXISTS (SELECT 1 FROM c WHERE c.x = b.x AND c.b) THEN 1 ELSE 0 END) AS flagged FROM a LEFT JOIN b ON b.aid = a.id GROUP BY ROLLUP (a.grp) ORDER BY a.grp NULLS LAST, many;

-- gather
SELECT t, total, cumulated FROM (SELECT t, sum(x) AS total, sum(sum(x)) OVER (ORDER BY sum(x), t ROWS UNBOUNDED PRECEDING) AS cumulated FROM b WHERE x IN (SELECT x FROM c GROUP BY x HAVING avg(grp) > 1) GROUP BY t) q WHERE total > 0 ORDER BY cumulated, t;

-- gather
SELECT coalesce(q.x, p.x) AS x, q.n, p.n FROM (SELECT x, count(*) AS n FROM b GROUP BY x) q FULL JOIN (SELECT x, count(*) AS n FROM s GROUP BY x) p ON p.x = q.x ORDER BY 1;

-- gather
SELECT id, x FROM a o WHERE x > (SELECT avg(i.x) FROM a i WHERE i.grp = o.grp) AND id NOT IN (SELECT owner FROM c WHERE c.b) ORDER BY id;

-- gather
WITH RECURSIVE chain(start, at, hops) AS (SELECT a.id, a.id, 0 FROM a WHERE a.x = 3 UNION ALL SELECT chain.start, b.bid::int8, hops + 1 FROM chain JOIN b ON b.aid = chain.at WHERE hops < 2) SELECT start, hops, count(*), min(at) FROM chain GROUP BY start, hops ORDER BY 1, 2;

-- gather
SELECT kind, x, n FROM (SELECT 'b' AS kind, x, count(*) AS n FROM b GROUP BY x UNION ALL SELECT 'c', x, count(*) FROM c GROUP BY x UNION ALL SELECT 'both', b.x, count(*) FROM b JOIN c ON c.owner = b.aid GROUP BY b.x) q WHERE n > 1 ORDER BY 1, 2 NULLS FIRST;

-- scatter
SELECT a.id, l.bid, l.t, l.r FROM a CROSS JOIN LATERAL (SELECT bid, t, rank() OVER (ORDER BY y DESC) AS r FROM b WHERE b.aid = a.id) l WHERE l.r <= 2 ORDER BY a.id, l.r, l.bid;

-- gather
SELECT m, grp, sum(x), grouping(m, grp) FROM (SELECT a.m, a.grp, b.x FROM a JOIN b ON b.aid = a.id UNION ALL SELECT a.m, c.grp, c.x FROM a JOIN c ON c.owner = a.id) q GROUP BY GROUPING SETS ((m, grp), (m), ()) ORDER BY 4, 1, 2;

-- gather
SELECT x, y, n FROM (SELECT x, y, count(*) AS n, row_number() OVER (PARTITION BY x ORDER BY count(*) DESC, y) AS r FROM b GROUP BY x, y) q WHERE r = 1 AND x NOT IN (SELECT coalesce(x, -1) FROM r1) ORDER BY x;
