-- ORDER BY of every type and kind, LIMIT, OFFSET, FETCH.

-- scatter
SELECT * FROM b ORDER BY bid;

-- scatter
SELECT bid FROM b ORDER BY x DESC, bid LIMIT 5;

-- gather
SELECT bid, t FROM b ORDER BY t, bid;

-- gather
SELECT bid, t FROM b ORDER BY t DESC NULLS LAST, bid LIMIT 10 OFFSET 10;

-- scatter
SELECT id, c FROM a ORDER BY c, id;

-- scatter
SELECT id, t FROM a ORDER BY t COLLATE "C", id;

-- gather
SELECT num, t FROM c ORDER BY t, num;

-- scatter
SELECT id, n FROM a ORDER BY n, id;

-- scatter
SELECT id, g FROM a ORDER BY g DESC, id;

-- scatter
SELECT id, d FROM a ORDER BY d, id;

-- scatter
SELECT id, ts FROM a ORDER BY ts DESC NULLS FIRST, id;

-- gather
SELECT id, b, m FROM a ORDER BY m, b, id;

-- gather
SELECT id, arr FROM a ORDER BY arr, id;

-- gather
SELECT id, js FROM a ORDER BY js, id;

-- scatter
SELECT uid FROM w ORDER BY uid;

-- scatter
SELECT id FROM a ORDER BY big, id;

-- scatter
SELECT bid FROM b ORDER BY x + y, bid;

-- scatter
SELECT bid FROM b ORDER BY abs(x - 4), bid DESC LIMIT 6;

-- scatter
SELECT t FROM b ORDER BY bid;

-- scatter
SELECT bid AS x FROM b ORDER BY x;

-- refused 0A000
SELECT bid FROM b ORDER BY lower(t), length(t), bid LIMIT 8;

-- gather
SELECT bid FROM b ORDER BY (SELECT count(*) FROM c WHERE c.owner = b.aid), bid;

-- gather
SELECT bid FROM b ORDER BY (SELECT count(*) FROM c WHERE c.x = b.x), bid;

-- scatter
SELECT bid FROM b ORDER BY CASE WHEN x > 3 THEN y END NULLS FIRST, bid OFFSET 30;

-- compare: keys 1
-- gather
SELECT x FROM b ORDER BY x FETCH FIRST 5 ROWS WITH TIES;

-- compare: keys 1
-- gather
SELECT x, bid FROM b ORDER BY x DESC NULLS LAST FETCH FIRST 3 ROWS WITH TIES;

-- scatter
SELECT aid, bid FROM b ORDER BY aid, bid FETCH FIRST 3 ROWS ONLY;

-- scatter
SELECT bid FROM b ORDER BY bid LIMIT 0;

-- scatter
SELECT bid FROM b ORDER BY bid LIMIT ALL OFFSET 65;

-- scatter
SELECT bid FROM b ORDER BY bid LIMIT NULL;

-- gather
SELECT bid FROM b ORDER BY bid LIMIT 2 + 3;

-- params: [4, 2]
-- scatter
SELECT bid FROM b ORDER BY bid LIMIT $1 OFFSET $2;

-- gather
SELECT bid FROM b ORDER BY bid LIMIT (SELECT 3);

-- gather
SELECT b.bid, a.t FROM b JOIN a ON a.id = b.aid ORDER BY a.t, b.bid LIMIT 9;

-- gather
SELECT bid FROM b ORDER BY bid USING >;

-- gather
SELECT count(*) FROM (SELECT 1 FROM b LIMIT 12) q;

-- params: [3]
-- scatter
SELECT bid FROM b ORDER BY bid LIMIT $1;

-- scatter
SELECT bid FROM b ORDER BY bid LIMIT ALL OFFSET 60;

-- gather
SELECT x, count(*) FROM b GROUP BY x LIMIT 0;

-- scatter
SELECT bid FROM b ORDER BY bid OFFSET 1000;

-- scatter
SELECT count(*) FROM b OFFSET 1;

-- scatter
SELECT count(*) FROM b LIMIT 0;

-- params: [0]
-- gather
SELECT count(*) FROM (SELECT * FROM b ORDER BY bid LIMIT $1) q;

-- params: [-1]
-- error 2201X
SELECT bid FROM b ORDER BY bid OFFSET $1;

-- scatter
SELECT bid FROM b ORDER BY bid FETCH FIRST ROW ONLY;

-- gather
SELECT bid FROM b ORDER BY bid LIMIT 2 + 1;

-- gather
SELECT bid FROM b ORDER BY bid LIMIT '3';

-- gather
SELECT bid FROM b ORDER BY bid LIMIT 2.5;
