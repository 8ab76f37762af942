-- Functions, operators and types; what fails with data.

-- refused 0A000
SELECT bid, upper(t), length(t), substr(t, 2, 2), t || '!', left(t, -1), initcap(t) FROM b ORDER BY bid;

-- scatter
SELECT bid, coalesce(t, 'none'), nullif(x, 3), greatest(x, y), least(x, y, 3) FROM b ORDER BY bid;

-- scatter
SELECT bid FROM b WHERE t LIKE '%\\%' OR t ILIKE 'É%' OR t ~ '^[A-Z]' ORDER BY bid;

-- scatter
SELECT bid FROM b WHERE x BETWEEN 2 AND 5 AND y NOT IN (1, 2) ORDER BY bid;

-- scatter
SELECT id FROM a WHERE n = 1 ORDER BY id;

-- scatter
SELECT id FROM a WHERE n = 'NaN' OR g = 'NaN' ORDER BY id;

-- scatter
SELECT id FROM a WHERE g = 0 ORDER BY id;

-- scatter
SELECT id, g FROM a WHERE g IS NOT DISTINCT FROM NULL ORDER BY id;

-- scatter
SELECT id FROM a WHERE b IS NOT TRUE AND m >= 'ok' ORDER BY id;

-- scatter
SELECT id FROM a WHERE arr @> ARRAY[2] OR 1 = ANY (arr) ORDER BY id;

-- scatter
SELECT id, js -> 'a', js ->> 'b', js @> '{"a": 3}' FROM a ORDER BY id;

-- scatter
SELECT id, d, d < date '2024-01-03', extract(year FROM d), d - date '2024-01-01' FROM a WHERE isfinite(d) ORDER BY id;

-- scatter
SELECT id, date_trunc('hour', ts), ts AT TIME ZONE 'UTC', to_char(ts, 'YYYY-MM-DD HH24:MI') FROM a WHERE isfinite(ts) ORDER BY id;

-- scatter
SELECT id, big / 3, big % 7, big > 0 FROM a ORDER BY id;

-- error 22003
SELECT id, big + 1 FROM a ORDER BY id;

-- error 22012
SELECT bid, 10 / x FROM b ORDER BY bid;

-- error 22012
SELECT sum(x) / sum(x - x) FROM b;

-- scatter
SELECT bid, CASE x WHEN 1 THEN 'one' WHEN 2 THEN 'two' ELSE 'many' END FROM b ORDER BY bid;

-- scatter
SELECT count(*) FROM b WHERE row(x, y) < row(3, 2);

-- scatter
SELECT bid, b.* FROM b WHERE bid < 4 ORDER BY bid;

-- scatter
SELECT a.id, (SELECT count(*) FROM unnest(a.arr) u WHERE u > 1) FROM a ORDER BY id;

-- scatter
SELECT id, unnest(arr) FROM a ORDER BY 1, 2;

-- scatter
SELECT generate_series(1, x), bid FROM b WHERE bid < 9 ORDER BY 2, 1;

-- anywhere
SELECT now() = now(), current_date <= current_date;

-- scatter
SELECT count(*) FROM w WHERE ts < now();

-- scatter
SELECT count(*) FROM b WHERE random() < 2;

-- gather
SELECT count(DISTINCT r) > 1 FROM (SELECT random() AS r FROM b) q;

-- error 42703
SELECT nosuch FROM b;

-- error 42803
SELECT x FROM b GROUP BY y;

-- error 42883
SELECT * FROM b WHERE t > 1;

-- home
SELECT lid, x FROM l1 ORDER BY lid;

-- home
SELECT l1.lid, r1.t FROM l1 JOIN r1 ON r1.rid = l1.x ORDER BY 1, 2;

-- gather
SELECT l1.lid, b.bid FROM l1 JOIN b ON b.x = l1.lid ORDER BY 1, 2;

-- anywhere
SELECT rid, t FROM r1 ORDER BY t, rid;
