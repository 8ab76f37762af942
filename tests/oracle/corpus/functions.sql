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

-- scatter
SELECT generate_series(1, 3), bid FROM b WHERE bid < 4 ORDER BY 2, 1;

-- scatter
SELECT unnest(arr), id FROM a WHERE id BETWEEN 1 AND 9 ORDER BY 2, 1;

-- gather
SELECT unnest(arr) AS u, count(*) FROM a GROUP BY 1 ORDER BY 1;

-- gather
SELECT DISTINCT unnest(arr) FROM a ORDER BY 1;

-- gather
SELECT generate_series(1, x), count(*) FROM b GROUP BY x ORDER BY 1, 2;

-- gather
SELECT jsonb_object_keys(js) AS k, count(*) FROM a WHERE jsonb_typeof(js) = 'object' GROUP BY 1 ORDER BY 1;

-- gather
SELECT unnest(array_agg(x ORDER BY bid)) FROM b WHERE bid < 6;

-- scatter
SELECT id, u FROM a, unnest(arr) u WHERE id BETWEEN 1 AND 9 ORDER BY 1, 2;

-- scatter
SELECT id, u, o FROM a, unnest(arr) WITH ORDINALITY AS z(u, o) WHERE id > 0 ORDER BY 1, 3 LIMIT 10;

-- gather
SELECT id, e.value FROM a, jsonb_each(CASE WHEN jsonb_typeof(js) = 'object' THEN js ELSE '{}' END) e ORDER BY 1, 2;

-- scatter
SELECT a.id FROM a WHERE a.x BETWEEN SYMMETRIC 3 AND 1 AND t SIMILAR TO '%(a|b)%' ORDER BY id;

-- scatter
SELECT t ~ '^a', t ~* 'A', t LIKE 'a%' ESCAPE '!', t ILIKE 'A%' FROM a ORDER BY id;

-- scatter
SELECT overlay(t PLACING 'xx' FROM 1 FOR 1), substring(t FROM 2 FOR 2), trim(BOTH 'a' FROM t), position('a' IN t) FROM a ORDER BY id;

-- scatter
SELECT (d, d + 3) OVERLAPS (date '2024-01-01', date '2024-01-03'), d - date '2024-01-01' FROM b ORDER BY bid;

-- scatter
SELECT ts AT TIME ZONE 'UTC', extract(epoch FROM ts) FROM w ORDER BY ts, uid;

-- scatter
SELECT to_char(n, '990.99'), n::text, round(n), width_bucket(n, 0, 10, 5) FROM b ORDER BY bid;

-- gather
SELECT arr || 1, arr @> ARRAY[1], cardinality(arr), arr[1:1], array_to_string(arr, ',') FROM a ORDER BY id;

-- scatter
SELECT js, js -> 'b' -> 1, js #>> '{b,1}', js @> '{"a": 3}' FROM a ORDER BY id;

-- gather
SELECT max(t) FROM a WHERE t > 'M';

-- gather
SELECT min(t), max(t) FROM k;

-- refused 0A000
SELECT version() IS NOT NULL FROM b LIMIT 1;

-- refused 0A000
SELECT current_user = session_user, current_schema IS NOT NULL FROM b LIMIT 1;

-- refused 0A000
SELECT current_setting('server_version_num')::int > 1 FROM b LIMIT 1;

-- scatter
SELECT enum_range(NULL::mood) FROM a LIMIT 1;

-- scatter
SELECT enum_first(m) FROM a WHERE m IS NOT NULL LIMIT 1;

-- scatter
SELECT m::text, m > 'sad' FROM a ORDER BY id;

-- scatter
SELECT count(*) FROM a WHERE m = ANY (enum_range('ok'::mood, NULL));

-- refused 0A000
SELECT pg_typeof(sum(x)), pg_typeof(max(t)) FROM b;

-- gather
SELECT gen_random_uuid() IS NOT NULL, random() < 2 FROM b JOIN c ON b.x = c.x LIMIT 1;

-- scatter
SELECT bid FROM b WHERE random() < 2 ORDER BY bid LIMIT 2;

-- scatter
SELECT x FROM b ORDER BY random() LIMIT 0;

-- scatter
SELECT format('%s-%s', x, t), concat_ws(',', x, y, NULL), quote_literal(t) FROM b ORDER BY bid;

-- scatter
SELECT num_nulls(x, y), num_nonnulls(x, y) FROM b ORDER BY bid;

-- gather
SELECT jsonb_build_object('x', x, 'n', count(*)) FROM b GROUP BY x ORDER BY x;

-- gather
SELECT jsonb_build_array(x, y) , array[x, y], row(x, y)::text FROM b ORDER BY bid;
