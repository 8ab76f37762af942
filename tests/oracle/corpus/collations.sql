-- Collations other than the default.

-- scatter
SELECT t FROM a ORDER BY t COLLATE "C", id;

-- gather
SELECT t COLLATE "C" AS tc, count(*) FROM a GROUP BY t COLLATE "C" ORDER BY 1;

-- gather
SELECT t, count(*) FROM a GROUP BY t ORDER BY t COLLATE "C";

-- scatter
SELECT count(*) FROM a WHERE t COLLATE "C" < 'b';

-- gather
SELECT count(*) FROM a JOIN b ON a.t COLLATE "C" = b.t COLLATE "C";

-- gather
SELECT max(t COLLATE "C"), min(t) FROM a;

-- gather
SELECT max(c), min(c), max(t) FROM a;

-- scatter
SELECT c FROM a ORDER BY c, id LIMIT 10;

-- gather
SELECT a.c, b.t FROM a JOIN b ON a.c = b.t COLLATE "C" ORDER BY a.id, b.bid;

-- gather
SELECT a.c FROM a JOIN b ON a.c = b.t ORDER BY a.c, a.id, b.bid;

-- gather
SELECT string_agg(t, ',' ORDER BY t COLLATE "C") FROM a;

-- gather
SELECT c, rank() OVER (ORDER BY c), rank() OVER (ORDER BY t COLLATE "C") FROM a ORDER BY id;

-- gather
SELECT q.c FROM (SELECT c FROM a UNION SELECT t COLLATE "C" FROM b) q ORDER BY 1;

-- gather
SELECT t FROM a UNION SELECT c FROM a ORDER BY 1;

-- gather
SELECT t COLLATE "de-x-icu" FROM a ORDER BY t COLLATE "de-x-icu", id;

-- scatter
SELECT t COLLATE "POSIX" FROM a WHERE t > 'a' COLLATE "POSIX" ORDER BY 1;
