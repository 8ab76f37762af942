-- Rows as values, sets of rows in the list.

-- gather
SELECT count(DISTINCT (x, y)) FROM b;

-- refused 0A000
SELECT b FROM b WHERE bid < 3 ORDER BY bid;

-- gather
SELECT exists(SELECT FROM b WHERE x > 100);

-- refused 0A000
SELECT DISTINCT b1 FROM b b1;

-- gather
SELECT row(x, y) FROM b ORDER BY bid;

-- scatter
SELECT length(t) FROM b ORDER BY bid;

-- gather
TABLE s;

-- refused 0A000
SELECT pg_typeof(x) FROM b LIMIT 1;

-- anywhere
SELECT enum_range(NULL::mood);

-- refused 0A000
SELECT aid, bid, x FROM b bb(aid, bid, x) ORDER BY bid;

-- refused 0A000
SELECT j.x, count(*) FROM (a JOIN c USING (x)) j GROUP BY 1 ORDER BY 1;

-- gather
SELECT * FROM (VALUES ((SELECT count(*) FROM b))) v(n);

-- gather
SELECT q FROM (SELECT x, y FROM b WHERE bid < 5) q ORDER BY 1;

-- gather
SELECT count(q), count(DISTINCT q) FROM (SELECT x, y FROM b) q;

-- gather
SELECT bid FROM b ORDER BY bid LIMIT (SELECT min(x) + 3 FROM c);

-- anywhere
SELECT a FROM json_to_recordset('[{"a":1}]') AS j(a int);

-- scatter
SELECT row_to_json(b) FROM b WHERE bid < 4 ORDER BY bid;

-- scatter
SELECT count(b), count(b.*) FROM b;

-- gather
SELECT to_jsonb(q) FROM (SELECT x, count(*) AS n FROM b GROUP BY x) q ORDER BY 1;

-- scatter
SELECT b.* FROM b ORDER BY bid LIMIT 3;

-- scatter
SELECT (b).x FROM b ORDER BY bid LIMIT 3;

-- scatter
SELECT (b.*)::text FROM b ORDER BY bid LIMIT 3;

-- refused 0A000
SELECT array_agg(b ORDER BY bid) FROM b WHERE bid < 3;

-- gather
SELECT json_agg(b ORDER BY bid) FROM b WHERE bid < 3;

-- gather
SELECT json_agg(row_to_json(q) ORDER BY q.x) FROM (SELECT x, count(*) AS n FROM b GROUP BY x) q;

-- gather
SELECT jsonb_agg(to_jsonb(b1) || jsonb_build_object('kids', (SELECT count(*) FROM c WHERE c.owner = b1.aid)) ORDER BY b1.bid) FROM b b1;

-- gather
SELECT b1 = b2, count(*) FROM b b1 JOIN b b2 ON b1.x = b2.y GROUP BY 1;

-- scatter
SELECT count(*) FROM b b1 WHERE b1 IS NOT NULL;

-- gather
SELECT DISTINCT row(b1.x, b1.y) IS NULL FROM b b1;
