SELECT 1
TABLE posts
VALUES (1, 'a'), (2, 'b') ORDER BY 1
SELECT * FROM posts
SELECT p.* FROM posts p
SELECT posts.*, users.* FROM posts JOIN users ON users.id = posts.author_id
SELECT ALL id FROM posts
SELECT DISTINCT id, title FROM posts
SELECT DISTINCT ON (author_id) author_id, id FROM posts ORDER BY author_id, made DESC, id
SELECT id AS "select", title AS from_, score "order" FROM posts ORDER BY "select"
SELECT id AS limit_, title AS offset_ FROM posts ORDER BY 1 LIMIT 5
SELECT id FROM posts ORDER BY score DESC NULLS LAST, id ASC NULLS FIRST LIMIT 10 OFFSET 20
SELECT id FROM posts ORDER BY score USING > , id
SELECT id FROM posts ORDER BY id FETCH FIRST ROW ONLY
SELECT id FROM posts ORDER BY id OFFSET 3 ROWS FETCH NEXT 2 ROWS ONLY
SELECT id FROM posts ORDER BY id LIMIT $1 OFFSET $2
SELECT id FROM posts ORDER BY id LIMIT ALL
SELECT id FROM posts ORDER BY id LIMIT NULL OFFSET NULL
SELECT id FROM posts OFFSET 3 LIMIT 2
SELECT id FROM posts ORDER BY id FETCH FIRST 3 ROWS WITH TIES
SELECT id, title FROM posts WHERE title LIKE 'a%' ESCAPE '!' AND score BETWEEN 1 AND 5 ORDER BY made, id
SELECT id FROM posts WHERE title IS DISTINCT FROM slug ORDER BY id
SELECT id IS NOT DISTINCT FROM author_id AS same FROM posts ORDER BY same, id
SELECT id FROM posts WHERE title ~ '^a' AND title !~* 'b$' AND title SIMILAR TO '%x%'
SELECT id FROM posts WHERE id IN (1, 2, 3, NULL)
SELECT id FROM posts WHERE id = ANY (ARRAY[1, 2, 3])
SELECT id FROM posts WHERE id = ANY ('{1,2}'::int8[])
SELECT id FROM posts WHERE id <> ALL ($1)
SELECT id FROM posts WHERE id = 1 OR id = 2 OR id IN (3, 4)
SELECT id FROM posts WHERE (id, author_id) = (1, 2)
SELECT id FROM posts WHERE (id, author_id) IN ((1, 2), (3, 4))
SELECT id FROM posts WHERE ROW(id, score) > ROW(1, 2)
SELECT id FROM posts WHERE (id, score) IN (SELECT post_id, id FROM comments)
SELECT id FROM posts WHERE id IN (SELECT post_id FROM comments WHERE body = 'x')
SELECT id FROM posts p WHERE NOT EXISTS (SELECT FROM comments c WHERE c.post_id = p.id)
SELECT id FROM posts p WHERE score > (SELECT avg(q.score) FROM posts q WHERE q.id = p.id)
SELECT id FROM posts p WHERE score >= ALL (SELECT c.id FROM comments c WHERE c.post_id = p.id)
SELECT id, (SELECT count(*) FROM comments c WHERE c.post_id = p.id) AS n FROM posts p ORDER BY n DESC, id
SELECT id, ARRAY(SELECT c.id FROM comments c WHERE c.post_id = p.id ORDER BY 1) FROM posts p
SELECT id, CASE WHEN score > 5 THEN 'high' WHEN score IS NULL THEN 'none' ELSE 'low' END AS c FROM posts ORDER BY c COLLATE "C", id
SELECT id, CASE score WHEN 1 THEN 2 ELSE 3 END FROM posts
SELECT coalesce(title, slug, '?'), nullif(score, 0), greatest(score, 1), least(1, 2) FROM posts WHERE id = 1
SELECT count(*), count(title), sum(score), avg(score), min(id), max(id) FROM posts
SELECT bool_and(score > 1), bool_or(score > 2), bit_and(score), bit_or(score), every(id > 0) FROM posts
SELECT avg(score) AS a, count(*) AS b FROM posts WHERE title > 'a' ORDER BY 1 LIMIT 1 OFFSET 0
SELECT pg_catalog.avg(score), pg_catalog.count(*) FROM posts
SELECT avg(DISTINCT score), count(DISTINCT title), sum(DISTINCT score) FROM posts
SELECT avg(score) FILTER (WHERE title = 'a,)('), sum(score) FILTER (WHERE id > 1) AS filter FROM posts
SELECT string_agg(title, ',' ORDER BY id) FROM posts WHERE id = 4
SELECT array_agg(id ORDER BY score DESC, id) FILTER (WHERE score > 1) FROM posts
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY score) FROM posts
SELECT mode() WITHIN GROUP (ORDER BY score) FROM posts WHERE id = 1
SELECT min(title), max(slug) FROM posts
SELECT stddev(score), variance(score), corr(score, id), regr_slope(score, id) FROM posts
SELECT count(*) + 1 AS n, sum(score) / count(*) FROM posts
SELECT id, count(*) FROM posts GROUP BY id HAVING count(*) > 1 ORDER BY 2 DESC, id
SELECT author_id, count(*) AS n, sum(score) FROM posts GROUP BY author_id ORDER BY n DESC, author_id LIMIT 5
SELECT post_id, author_id, count(*) FROM comments GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
SELECT author_id, score, count(*) FROM posts GROUP BY GROUPING SETS ((author_id, score), (author_id), ())
SELECT author_id, score, count(*), grouping(author_id, score) FROM posts GROUP BY ROLLUP (author_id, score)
SELECT author_id, score, count(*) FROM posts GROUP BY CUBE (author_id, score) ORDER BY 1, 2
SELECT id, score FROM posts GROUP BY DISTINCT id, score
SELECT count(*) FROM posts HAVING count(*) > 3
SELECT id, rank() OVER (PARTITION BY id ORDER BY score DESC) FROM posts
SELECT id, row_number() OVER w, lag(score, 1, 0) OVER w FROM posts WINDOW w AS (PARTITION BY id ORDER BY made, id)
SELECT id, sum(score) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM posts WINDOW w AS (PARTITION BY id ORDER BY made)
SELECT id, sum(score) OVER (ORDER BY made RANGE UNBOUNDED PRECEDING EXCLUDE TIES) FROM posts
SELECT id, count(*) FILTER (WHERE score > 1) OVER (PARTITION BY id, author_id GROUPS 2 PRECEDING) FROM posts
SELECT author_id, sum(count(*)) OVER (ORDER BY author_id) FROM posts GROUP BY author_id
SELECT p.id, c.id FROM posts p INNER JOIN comments c ON c.post_id = p.id ORDER BY p.id, c.id
SELECT p.id, c.id FROM posts p LEFT OUTER JOIN comments c ON c.post_id = p.id AND c.body = 'x' WHERE p.score > 1
SELECT p.id, c.id FROM comments c RIGHT JOIN posts p ON c.post_id = p.id
SELECT p.id, c.id FROM posts p FULL JOIN comments c ON c.post_id = p.id
SELECT p.id, u.name FROM posts p CROSS JOIN users u
SELECT * FROM posts NATURAL JOIN users
SELECT * FROM posts p JOIN comments c USING (id)
SELECT * FROM posts a JOIN posts b USING (id, author_id) AS j WHERE j.id > 1
SELECT * FROM (posts p JOIN comments c ON c.post_id = p.id) AS x
SELECT * FROM (posts p JOIN comments c ON c.post_id = p.id) LEFT JOIN users u ON u.id = p.author_id
SELECT * FROM posts p, LATERAL (SELECT * FROM comments c WHERE c.post_id = p.id ORDER BY c.id LIMIT 2) l
SELECT * FROM posts p LEFT JOIN LATERAL (SELECT count(*) AS n FROM comments c WHERE c.post_id = p.id) l ON true
SELECT * FROM posts p CROSS JOIN LATERAL unnest(ARRAY[p.id, p.score]) WITH ORDINALITY AS t(v, n)
SELECT * FROM generate_series(1, 10) AS g(i) JOIN posts p ON p.id = g.i
SELECT * FROM ROWS FROM (generate_series(1, 2), unnest(ARRAY['a', 'b'])) AS r(a, b), posts WHERE posts.id = 1
SELECT * FROM json_to_recordset('[{"a":1}]') AS x(a int, b text), users
SELECT * FROM (SELECT id, title FROM posts WHERE score > 3) AS s (k, t) WHERE k = 7
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(i, t) JOIN posts ON posts.id = v.i
SELECT * FROM ONLY posts WHERE id = 1
SELECT * FROM posts * WHERE id = 1
SELECT * FROM posts TABLESAMPLE BERNOULLI (10) REPEATABLE (1)
SELECT id FROM posts WHERE id = 1 UNION SELECT post_id FROM comments WHERE post_id = 1 ORDER BY 1
SELECT id FROM posts UNION ALL SELECT post_id FROM comments ORDER BY 1 LIMIT 3
(SELECT id FROM posts ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM users ORDER BY id LIMIT 1)
SELECT id FROM posts EXCEPT SELECT post_id FROM comments INTERSECT SELECT id FROM users
SELECT id FROM users UNION SELECT id FROM elsewhere EXCEPT ALL VALUES (1)
((SELECT id FROM posts WHERE id = 3))
(SELECT id FROM posts ORDER BY id) LIMIT 2
WITH a AS (SELECT * FROM posts WHERE id = $1), b AS (SELECT * FROM comments WHERE post_id = $1) SELECT * FROM a JOIN b ON b.post_id = a.id
WITH a AS MATERIALIZED (SELECT id FROM posts), b AS NOT MATERIALIZED (SELECT post_id FROM comments) SELECT count(*) FROM a JOIN b ON b.post_id = a.id
WITH a (x, y) AS (SELECT id, title FROM posts) SELECT x FROM a WHERE x = 5
WITH posts AS (SELECT id FROM comments) SELECT * FROM posts, public.posts p WHERE p.id = 1
WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT * FROM r JOIN posts ON posts.id = r.n
WITH RECURSIVE t AS (SELECT id, author_id FROM posts WHERE id = 1 UNION SELECT p.id, p.author_id FROM posts p JOIN t ON p.author_id = t.id) SEARCH DEPTH FIRST BY id SET o CYCLE id SET c USING q SELECT * FROM t
WITH d AS (DELETE FROM posts WHERE id = 1 RETURNING *) INSERT INTO elsewhere SELECT id FROM d
WITH a AS (WITH b AS (SELECT id FROM posts) SELECT * FROM b) SELECT * FROM a ORDER BY id
SELECT * FROM posts WHERE id = 1 FOR UPDATE
SELECT * FROM posts p JOIN users u ON u.id = p.author_id WHERE p.id = 1 FOR NO KEY UPDATE OF p SKIP LOCKED
SELECT * FROM posts WHERE id = 1 FOR SHARE NOWAIT FOR KEY SHARE OF posts
SELECT * INTO TEMP copy FROM posts WHERE id = 1
SELECT public.posts.id, public.posts.* FROM public.posts WHERE public.posts.title = 'x' ORDER BY public.posts.id
SELECT posts FROM posts WHERE (posts).id = 3
SELECT (p).id, (p).* FROM posts p WHERE p.id = 3
SELECT blog."Posts".title, "Posts".slug FROM blog."Posts" WHERE slug = 'a'
SELECT blog.posts.title FROM blog.posts, public.posts WHERE blog.posts.slug = 'a' AND public.posts.id = 1
SELECT x.title FROM blog.posts AS x (a, title) WHERE a = 'q'
SELECT "id" FROM "public"."posts" WHERE "posts"."id" = 1
SELECT id FROM U&"\0070osts" WHERE id = 1
SELECT id FROM POSTS WHERE ID = 1
SELECT id FROM "Posts"
SELECT 'it''s', E'a\nb', $$x$$, $t$y$t$, B'101', X'FF', U&'\0041', N'n' FROM posts WHERE id = 1
SELECT 'posts' 'x' FROM posts
SELECT 1.5e10, .5, 5., 0x, 1_000 FROM posts
SELECT -id, +score, ~score, @ score, |/ 4.0, !! 3 FROM posts WHERE id = 1
SELECT id::text, CAST(score AS numeric(10, 2)), int8 '5', date '2020-01-01', interval '1' day, timestamp with time zone '2020-01-01' FROM posts WHERE id = 1
SELECT made AT TIME ZONE 'UTC', extract(year FROM made), date_trunc('day', made), (made, made) OVERLAPS (made, made) FROM posts WHERE id = 1
SELECT substring(title FROM 1 FOR 2), trim(BOTH 'x' FROM title), position('a' IN title), overlay(title PLACING 'x' FROM 1 FOR 1) FROM posts ORDER BY id
SELECT extract(epoch FROM made) AS e, substring(title FROM 2) FROM posts WHERE title IS NOT DISTINCT FROM 'x' ORDER BY e, id
SELECT trim(FROM title) FROM posts ORDER BY trim(FROM title) COLLATE "C"
SELECT title COLLATE "C" FROM posts ORDER BY title COLLATE "C" DESC, slug COLLATE pg_catalog."POSIX"
SELECT ARRAY[1, 2][1], ARRAY[[1], [2]], (ARRAY[1, 2, 3])[1:2], ROW(1, 2), (1, 2) FROM posts WHERE id = 1
SELECT '{"a":1}'::jsonb -> 'a' ->> 'b' #> '{c}' @> '{}' ? 'x' FROM posts WHERE id = $1
SELECT id FROM posts WHERE title OPERATOR(pg_catalog.=) 'x' AND id OPERATOR(pg_catalog.=) 5
SELECT title IS NULL, title ISNULL, score NOTNULL, (score > 1) IS UNKNOWN, title IS NORMALIZED FROM posts WHERE id = 1
SELECT my_pure(id), my_writer(), public.f(id), f(VARIADIC ARRAY[1]), f(a => 1, b := 2) FROM posts WHERE id = 1
SELECT now(), current_timestamp, current_user, localtime(2), session_user, CURRENT_CATALOG
SELECT random(), clock_timestamp(), gen_random_uuid() FROM posts
SELECT nextval('s'), currval('s'), lastval()
SELECT pg_sleep(1), set_config('a', 'b', true), version()
SELECT ctid, xmin, tableoid::regclass FROM posts WHERE id = 1
SELECT xmlelement(name a, xmlattributes(id AS b), title), xmlforest(id, title), xmlparse(CONTENT 'x') FROM posts WHERE id = 1
SELECT id FROM posts WHERE CURRENT OF c
SELECT id first FROM posts ORDER BY first
SELECT id AS last FROM posts ORDER BY last DESC NULLS FIRST
SELECT score AS nulls, id AS asc_ FROM posts ORDER BY nulls NULLS LAST, asc_ ASC
SELECT id /* , 7 FROM */ , -- FROM
SELECT id, score FROM posts ORDER BY score + id * 2 DESC, lower(title) COLLATE "C", CASE WHEN id > 1 THEN 1 END NULLS FIRST LIMIT 7
SELECT id FROM posts ORDER BY (SELECT 1), id
SELECT id, title FROM posts ORDER BY (id), ((score)) DESC
SELECT FROM posts WHERE id = 1
SELECT FROM posts
SELECT;
SELECT 1; SELECT 2; -- three
INSERT INTO posts VALUES (1, 'a', 'b', 2, 3, NULL)
INSERT INTO posts (id, title) VALUES (1, 'x'), (2, 'y') RETURNING id, title AS t
INSERT INTO posts (title, id) VALUES ('(', DEFAULT), (DEFAULT, 5)
INSERT INTO posts (title) VALUES ($1) RETURNING *
INSERT INTO posts AS p (title) VALUES ('x') ON CONFLICT (id) DO UPDATE SET title = excluded.title WHERE p.id > 1 RETURNING p.id
INSERT INTO posts AS "values" (title) VALUES ('x') ON CONFLICT DO NOTHING
INSERT INTO posts (id) OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT ON CONSTRAINT posts_pkey DO NOTHING
INSERT INTO posts DEFAULT VALUES
INSERT INTO comments DEFAULT VALUES RETURNING id
INSERT INTO comments (post_id, body) VALUES ($1, (SELECT name FROM users WHERE id = 1)), ($2, ARRAY['a', 'b'][1])
INSERT INTO comments VALUES (DEFAULT, 1, ')', 2)
INSERT INTO blog.posts VALUES ('s', 't') RETURNING posts.slug
INSERT INTO blog."Posts" (slug) VALUES ('s')
INSERT INTO posts (id, title) SELECT id, name FROM users
INSERT INTO posts (id, title) (VALUES (1, 'x'))
INSERT INTO posts (id, title) VALUES (1, 'x') ORDER BY 1 LIMIT 1
WITH x AS (SELECT 1) INSERT INTO posts (title) VALUES ('x')
INSERT INTO posts (id, score) VALUES ((1), (SELECT count(*) FROM users WHERE id IN (1, 2)))
INSERT INTO elsewhere (id) VALUES (1)
INSERT INTO elsewhere SELECT * FROM users
UPDATE posts SET title = 'x', score = score + 1 WHERE id = 1 RETURNING *
UPDATE posts AS p SET (title, slug) = ('a', 'b') WHERE p.id = $1
UPDATE posts SET (title, score) = (SELECT name, 1 FROM users u WHERE u.id = posts.author_id) WHERE id = 1
UPDATE posts SET title = DEFAULT FROM comments c WHERE c.post_id = posts.id AND posts.id = 1
UPDATE ONLY public.posts SET title = public.posts.slug WHERE public.posts.id = 1
UPDATE blog.posts SET title = posts.slug WHERE posts.slug = 'x'
UPDATE posts p SET title = 'x' WHERE EXISTS (SELECT 1 FROM comments WHERE post_id = p.id) AND id = 3
DELETE FROM posts WHERE id = 1 RETURNING id
DELETE FROM posts p USING comments c WHERE c.post_id = p.id AND p.id = 1
DELETE FROM blog."Posts" WHERE "Posts".slug = 'q'
DELETE FROM posts
MERGE INTO posts p USING users u ON p.id = u.id WHEN MATCHED THEN UPDATE SET title = u.name WHEN NOT MATCHED THEN INSERT (id) VALUES (u.id)
EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM posts
EXPLAIN SELECT 1
BEGIN
START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE
COMMIT AND CHAIN
ROLLBACK TO SAVEPOINT a
SAVEPOINT a
RELEASE a
PREPARE TRANSACTION 'x'
SET search_path = a, b
SET LOCAL work_mem TO '1MB'
RESET ALL
SHOW all
DISCARD ALL
LISTEN x
NOTIFY x, 'y'
PREPARE p AS SELECT * FROM posts WHERE id = $1
EXECUTE p(1)
DEALLOCATE ALL
DECLARE c CURSOR WITH HOLD FOR SELECT * FROM posts
FETCH 5 FROM c
CLOSE ALL
LOCK TABLE posts IN SHARE MODE
VACUUM (FULL, ANALYZE) posts (id, title), users
VACUUM
ANALYZE VERBOSE posts, comments (body)
ANALYZE (SKIP_LOCKED)
CLUSTER posts USING i
REINDEX TABLE posts
TRUNCATE TABLE ONLY posts, comments, users RESTART IDENTITY CASCADE
TRUNCATE posts *
CREATE INDEX ON posts (title)
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY posts USING btree (id, lower(title) COLLATE "C" text_pattern_ops DESC NULLS LAST) INCLUDE (slug) NULLS NOT DISTINCT WITH (fillfactor = 70) TABLESPACE t WHERE score > 1
CREATE INDEX "a ""b" ON public.posts USING gin (title)
DROP INDEX CONCURRENTLY IF EXISTS public.i
DROP INDEX a, b CASCADE
DROP TABLE IF EXISTS posts, public.comments, users CASCADE
DROP TABLE elsewhere
DROP VIEW v
DROP SCHEMA s CASCADE
GRANT SELECT (id), UPDATE ON posts, users TO a, PUBLIC, CURRENT_USER WITH GRANT OPTION
REVOKE GRANT OPTION FOR ALL PRIVILEGES ON TABLE posts FROM "a b" CASCADE
GRANT SELECT ON ALL TABLES IN SCHEMA public TO x
GRANT a TO b
COMMENT ON TABLE posts IS 'x'
COMMENT ON COLUMN posts.id IS NULL
ALTER TABLE posts ADD COLUMN a int DEFAULT 1, DROP COLUMN b
ALTER TABLE elsewhere RENAME TO other
ALTER INDEX i RENAME TO j
CREATE TABLE IF NOT EXISTS posts (id int)
CREATE TABLE x (id int PRIMARY KEY, p bigint REFERENCES posts (id) ON DELETE CASCADE, CHECK (id > 0), UNIQUE (id, p)) PARTITION BY HASH (id)
CREATE TABLE x AS SELECT * FROM posts WITH NO DATA
CREATE TABLE x (LIKE posts INCLUDING ALL)
CREATE VIEW v AS SELECT * FROM posts
CREATE OR REPLACE VIEW v (a) AS SELECT id FROM posts WITH CHECK OPTION
CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM posts
REFRESH MATERIALIZED VIEW CONCURRENTLY m
CREATE SEQUENCE s START 5
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a' IMMUTABLE
CREATE TRIGGER t BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION f()
CREATE TYPE e AS ENUM ('a', 'b')
CREATE RULE r AS ON INSERT TO posts DO INSTEAD NOTHING
CREATE POLICY p ON posts USING (id = 1)
CREATE STATISTICS st ON id, title FROM posts
DO $$BEGIN END$$
CALL p(1)
CREATE EXTENSION x
COPY posts FROM STDIN
COPY posts (id, title) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';', NULL '\N', QUOTE '''', ESCAPE '\', FORCE_QUOTE (title))
COPY posts TO STDOUT CSV HEADER FORCE QUOTE *
COPY users FROM '/tmp/x' WITH (FORMAT text, DELIMITER E'\t', NULL '')
COPY (SELECT * FROM posts ORDER BY id) TO STDOUT WITH CSV
COPY (INSERT INTO elsewhere VALUES (1) RETURNING id) TO STDOUT
COPY elsewhere FROM PROGRAM 'cat' BINARY
COPY posts FROM STDIN WITH (FREEZE, ENCODING 'utf8', HEADER MATCH) WHERE id > 1
SELECT * FROM posts p, comments c, users u, blog.posts b WHERE p.id = c.post_id AND u.id = c.author_id AND b.slug = p.slug
SELECT u.name, count(*) FROM posts p JOIN comments c ON c.post_id = p.id JOIN users u ON u.id = c.author_id WHERE p.made > $1 GROUP BY u.name, p.id HAVING sum(p.score) > $2 ORDER BY count(*) DESC, u.name COLLATE "C" LIMIT $3
SELECT * FROM view WHERE id = 1
SELECT * FROM elsewhere e LEFT JOIN users u ON u.id = e.id ORDER BY e.id FOR UPDATE OF e
SELECT é, "ü ""x""" FROM posts WHERE title = 'ß€𐍈' ORDER BY é
SELECT * FROM posts WHERE id = 9223372036854775808
SELECT * FROM posts WHERE id = -9223372036854775808
SELECT * FROM posts WHERE id = '9223372036854775808'
SELECT * FROM posts WHERE id = '  7 ' AND id = int8 '7'
SELECT * FROM posts WHERE id = $1 AND id = $1::int8 AND $2::text = title
SELECT $1, $2::int, $3 FROM posts WHERE id = $4
SELECT * FROM posts WHERE true AND (id = 5 AND NOT (score = 1 OR title = 'x'))
SELECT * FROM pg_catalog.pg_class c, information_schema.tables t
SELECT * FROM app_s00001.posts
SELECT max(id) - min(id) AS "range" FROM posts ORDER BY "range"
SELECT count(*) AS over, sum(score) AS filter FROM posts
SELECT avg((SELECT 1)), avg(score + (SELECT max(id) FROM users)) FROM posts
SELECT avg(posts.score), avg(public.posts.score) FROM public.posts ORDER BY 1
SELECT * FROM posts WHERE id = 42
SELECT * FROM posts WHERE id = $1
SELECT * FROM posts WHERE $1 = id
SELECT * FROM posts WHERE id = $1::int8
SELECT * FROM posts WHERE id = '42'
SELECT * FROM posts WHERE id = 3000000000
SELECT * FROM posts WHERE id = -5
SELECT * FROM posts WHERE id = NULL
SELECT * FROM posts WHERE title = 'x' AND (id = $1 AND score > 3)
SELECT * FROM posts p WHERE p.id IN (7)
SELECT * FROM public.posts WHERE public.posts.id = 3
SELECT * FROM blog.posts WHERE slug = 'a'
SELECT count(*), avg(score) FROM posts WHERE id = $1
SELECT rank() OVER (ORDER BY title) FROM posts WHERE id = $1
SELECT * FROM posts WHERE id = $1 FOR UPDATE
SELECT * FROM posts p JOIN comments c ON c.post_id = p.id WHERE p.id = $1
SELECT * FROM posts p JOIN comments c ON c.post_id = p.id WHERE c.post_id = $1
SELECT * FROM posts p LEFT JOIN comments c ON c.post_id = p.id WHERE p.id = $1
SELECT * FROM posts p, comments c WHERE p.id = $1 AND c.post_id = $1
SELECT * FROM posts p JOIN users u ON u.id = p.author_id WHERE p.id = $1
SELECT * FROM users u LEFT JOIN posts p ON p.author_id = u.id AND p.id = $1
SELECT * FROM posts WHERE id = $1 AND EXISTS (SELECT 1 FROM comments c WHERE c.post_id = posts.id)
SELECT (SELECT count(*) FROM comments c WHERE c.post_id = $1) FROM posts p WHERE p.id = $1
WITH x AS (SELECT * FROM posts WHERE id = $1) SELECT count(*) FROM x
SELECT id FROM posts WHERE id = $1 UNION SELECT post_id FROM comments WHERE post_id = $1
SELECT now() FROM posts WHERE id = $1
SELECT random() FROM posts WHERE id = $1
UPDATE posts SET title = 'x' WHERE id = $1
DELETE FROM comments WHERE post_id = $1 AND id = $2
UPDATE posts SET title = u.name FROM users u WHERE u.id = author_id AND posts.id = $1
INSERT INTO posts (id, title) VALUES ($1, 'x')
INSERT INTO posts (title) VALUES ('x')
INSERT INTO comments (post_id) VALUES ($1) RETURNING id
INSERT INTO posts (id, title) VALUES ($1, 'x') ON CONFLICT (id) DO UPDATE SET title = 'y'
SELECT * FROM posts WHERE id = 1 OR id = 2
SELECT * FROM posts WHERE NOT id = 1
SELECT * FROM posts WHERE id > 1
SELECT * FROM posts WHERE id + 0 = 1
SELECT * FROM posts WHERE id = 1.0
SELECT * FROM posts WHERE id = $1::numeric
SELECT * FROM posts WHERE id = author_id
SELECT * FROM blog.posts WHERE slug = 'abc '::char(4)
SELECT * FROM posts p LEFT JOIN comments c ON c.post_id = p.id AND p.id = $1
SELECT * FROM posts p LEFT JOIN comments c ON c.post_id = p.id AND c.post_id = $1
SELECT * FROM posts p RIGHT JOIN comments c ON c.post_id = p.id AND p.id = $1
SELECT * FROM posts p FULL JOIN comments c ON c.post_id = p.id AND p.id = $1
SELECT CASE WHEN id = 1 THEN 2 END FROM posts
SELECT * FROM posts WHERE EXISTS (SELECT 1 FROM comments c WHERE c.post_id = posts.id AND c.post_id = $1)
SELECT * FROM posts WHERE NOT EXISTS (SELECT 1 FROM comments c WHERE c.post_id = posts.id AND c.post_id = $1)
UPDATE posts SET title = 'x'
DELETE FROM posts WHERE title = 'x'
DELETE FROM posts WHERE id IN (1, 2)
SELECT * FROM posts p JOIN comments c ON c.post_id = p.id
SELECT * FROM posts p, comments c WHERE c.post_id = p.id
SELECT * FROM posts p LEFT JOIN comments c ON c.post_id = p.id
SELECT * FROM comments c RIGHT JOIN posts p ON c.post_id = p.id
SELECT * FROM posts p FULL JOIN comments c ON c.post_id = p.id
SELECT * FROM posts p JOIN users u ON u.id = p.author_id
SELECT * FROM posts p LEFT JOIN users u ON u.id = p.author_id
SELECT * FROM posts p JOIN posts q USING (id)
SELECT * FROM posts WHERE EXISTS (SELECT 1 FROM comments c WHERE c.post_id = posts.id)
SELECT * FROM posts WHERE NOT EXISTS (SELECT 1 FROM comments c WHERE c.post_id = posts.id AND c.body = 'x')
SELECT * FROM posts WHERE id IN (SELECT post_id FROM comments)
SELECT * FROM posts WHERE id NOT IN (SELECT post_id FROM comments)
SELECT id, (SELECT max(c.id) FROM comments c WHERE c.post_id = p.id) FROM posts p
SELECT * FROM (SELECT id, title FROM posts WHERE score > 1) s
SELECT * FROM (SELECT id AS k FROM posts) s JOIN comments c ON c.post_id = s.k
SELECT * FROM (SELECT post_id, count(*) FROM comments GROUP BY post_id) s
SELECT * FROM posts p JOIN (SELECT post_id, count(*) AS n FROM comments GROUP BY post_id) s ON s.post_id = p.id
SELECT * FROM posts p, LATERAL (SELECT * FROM comments c WHERE c.post_id = p.id ORDER BY c.id LIMIT 3) s
SELECT p.id, count(*) FROM posts p JOIN comments c ON c.post_id = p.id GROUP BY p.id
SELECT p.id, count(*) FROM posts p JOIN comments c ON c.post_id = p.id GROUP BY 1 HAVING count(*) > 2
SELECT rank() OVER (PARTITION BY id ORDER BY title) FROM posts
SELECT DISTINCT id FROM posts
SELECT * FROM posts WHERE score IN (SELECT id FROM users)
SELECT count(*), sum(score), min(id), max(id) FROM posts
SELECT count(*) FILTER (WHERE score > 1) FROM posts
SELECT * FROM posts ORDER BY id LIMIT 3 OFFSET $1
SELECT * FROM posts WHERE id = ANY ($1)
SELECT my_pure(id) FROM posts
SELECT to_char(made, 'YYYY') FROM posts
SELECT * FROM posts WHERE EXISTS (SELECT 1 FROM comments, generate_series(1, 3) AS slug WHERE slug = post_id)
SELECT * FROM blog.posts WHERE EXISTS (SELECT 1 FROM comments, (SELECT * FROM users) u, (VALUES (1)) v(slug) WHERE slug = post_id::text)
SELECT * FROM comments JOIN (SELECT author_id AS post_id FROM comments) q USING (post_id)
SELECT * FROM comments JOIN (SELECT post_id FROM comments) q USING (post_id)
SELECT * FROM comments JOIN (SELECT * FROM comments) q USING (post_id)
SELECT id, count(*) FROM posts a RIGHT JOIN posts b USING (id) GROUP BY id
SELECT id, count(*) FROM posts a FULL JOIN posts b USING (id) GROUP BY id
SELECT * FROM posts p WHERE EXISTS (SELECT 1 FROM comments p, (SELECT q.id FROM posts q WHERE q.id = p.post_id) s)
SELECT * FROM posts p, blog.posts b WHERE p.id = '5' AND b.slug = '5'
SELECT (SELECT sum(p.score)) FROM posts p
SELECT (SELECT sum(p.score) FROM users) FROM posts p GROUP BY p.id
SELECT (SELECT random()) FROM posts
SELECT * FROM posts, random() r
SELECT random() FROM posts
WITH posts AS (SELECT 1) DELETE FROM posts
WITH posts AS (SELECT 1) UPDATE posts SET title = 'x' WHERE id = 1
WITH users AS (SELECT 1 AS id) SELECT * FROM posts WHERE id IN (SELECT id FROM users)
WITH is not supported
WITH posts AS (SELECT * FROM posts WHERE id = 1) SELECT * FROM posts
SELECT * FROM (WITH users AS (SELECT 1) TABLE users) q, users u
INSERT INTO posts (id, score) VALUES (1, (SELECT count(*) FROM comments))
INSERT INTO posts (id, score) VALUES (1, (SELECT count(*) FROM users))
SELECT * FROM posts p JOIN users u ON u.id = author_id WHERE p.id = 1 FOR UPDATE
SELECT * FROM posts p JOIN users u ON u.id = author_id WHERE p.id = 1 FOR UPDATE OF p
SELECT id FROM posts p ORDER BY (SELECT max(c.id) FROM comments c WHERE post_id = p.id)
SELECT * FROM posts WHERE id = ANY ($1::int8[])
SELECT * FROM posts WHERE id = ANY ($1::int8[]::int8[])
SELECT * FROM blog.posts WHERE slug = ANY ($1::varchar(1)[])
SELECT * FROM posts p JOIN comments c ON c.author_id = p.author_id
SELECT * FROM posts p, comments c
SELECT * FROM posts p LEFT JOIN comments c ON c.author_id = p.author_id
SELECT * FROM users u LEFT JOIN posts p ON p.author_id = u.id
SELECT * FROM posts p RIGHT JOIN users u ON p.author_id = u.id
SELECT * FROM posts p FULL JOIN users u ON p.author_id = u.id
SELECT * FROM posts WHERE EXISTS (SELECT 1 FROM comments)
SELECT * FROM posts WHERE score > (SELECT count(*) FROM comments)
SELECT * FROM posts WHERE author_id IN (SELECT author_id FROM comments)
SELECT * FROM posts WHERE id IN (SELECT post_id FROM comments LIMIT 3)
SELECT * FROM users WHERE EXISTS (SELECT 1 FROM posts WHERE author_id = users.id)
SELECT * FROM (SELECT * FROM posts ORDER BY id LIMIT 3) s
SELECT * FROM (SELECT count(*) FROM posts) s
SELECT * FROM (SELECT DISTINCT title FROM posts) s
WITH x AS (SELECT count(*) FROM posts) SELECT * FROM x
WITH RECURSIVE r AS (SELECT id FROM posts UNION SELECT c.id FROM comments c, r WHERE c.id = r.id) SELECT * FROM r
SELECT author_id, count(*) FROM posts GROUP BY author_id
SELECT c.post_id, count(*) FROM posts p LEFT JOIN comments c ON c.post_id = p.id GROUP BY c.post_id
SELECT p.id, count(*) FROM posts p FULL JOIN comments c ON c.post_id = p.id GROUP BY p.id
SELECT id, author_id FROM posts GROUP BY ROLLUP (id, author_id)
SELECT DISTINCT author_id FROM posts
SELECT DISTINCT ON (id) id FROM posts
SELECT rank() OVER (ORDER BY id) FROM posts
SELECT rank() OVER (PARTITION BY author_id) FROM posts
SELECT id FROM posts UNION ALL SELECT id FROM posts
SELECT count(*) + 1 FROM posts
SELECT count(DISTINCT author_id) FROM posts
SELECT array_agg(id) FROM posts
SELECT count(*) FROM posts HAVING count(*) > 1
SELECT * FROM posts FOR UPDATE
SELECT * FROM posts FETCH FIRST 3 ROWS WITH TIES
WITH TIES
SELECT * FROM posts LIMIT 1 + 1
SELECT * FROM posts TABLESAMPLE SYSTEM (10)
SELECT ctid FROM posts
SELECT now() FROM posts
SELECT CURRENT_DATE FROM posts
SELECT current_setting('x') FROM posts WHERE id = 1
SELECT 'posts'::regclass FROM posts WHERE id = 1
SELECT nextval('s') FROM posts WHERE id = 1
SELECT my_writer() FROM posts WHERE id = 1
SELECT * FROM posts, elsewhere
SELECT * INTO copy FROM posts
SELECT INTO
INSERT INTO elsewhere SELECT id FROM posts
INSERT INTO users VALUES (1, 'x')
UPDATE users SET name = 'x' WHERE id = 1
DELETE FROM users
SELECT * FROM users FOR UPDATE
UPDATE posts SET id = 2 WHERE id = 1
UPDATE of "id"
UPDATE comments SET id = 2 WHERE post_id = 1
INSERT INTO comments (id, post_id) VALUES (1, 2)
INSERT INTO posts SELECT * FROM posts
INSERT ... SELECT
INSERT INTO posts (id) VALUES (1 + 1)
INSERT INTO posts (id, title) VALUES ($1, 'x') ON CONFLICT (id) DO UPDATE SET id = 3
WITH w AS (DELETE FROM posts WHERE id = 1 RETURNING *) SELECT * FROM w
MERGE INTO posts USING users ON true WHEN MATCHED THEN DELETE
MERGE
SELECT now()
SELECT * FROM users WHERE id = 3
SELECT name, count(*) FROM users GROUP BY GROUPING SETS (name, ())
SELECT * FROM users u, users v WHERE u.id = v.id
SELECT * FROM elsewhere
SELECT * FROM elsewhere e JOIN users u ON u.id = e.id
SELECT nextval('s')
SELECT my_writer()
SELECT current_setting('x')
INSERT INTO elsewhere VALUES (1)
UPDATE elsewhere SET id = 1
SELECT p.id /* posts */, 'posts' FROM  posts p WHERE id = 1 ; -- posts
SELECT p.id /* posts */, 'posts' FROM  "app_s00002"."posts" p WHERE id = 1
SELECT public.posts.id FROM public . posts WHERE posts.id = $1
SELECT posts.id FROM "app_s00002"."posts" WHERE posts.id = $1
SELECT posts.title FROM blog.posts WHERE slug = 'x'
SELECT posts.title FROM "app_s00002"."posts_3" AS "posts" WHERE slug = 'x'
UPDATE posts SET title = 'é' WHERE id = 1
UPDATE "app_s00002"."posts" SET title = 'é' WHERE id = 1
SELECT * FROM users u
SELECT * FROM "app_reference"."users" u
INSERT INTO posts (title) VALUES ($1), ('b')
INSERT INTO "app_s00002"."posts" (title, "id") VALUES ($1, $2), ('b', $3)
INSERT INTO posts (id, title) VALUES (DEFAULT, $1)
INSERT INTO "app_s00002"."posts" (id, title) VALUES ($2, $1)
INSERT INTO posts VALUES (DEFAULT, (SELECT 'a,b'))
INSERT INTO "app_s00002"."posts" VALUES ($1, (SELECT 'a,b'))
INSERT INTO posts DEFAULT VALUES RETURNING id
INSERT INTO "app_s00002"."posts" ("id") VALUES ($1) RETURNING id
INSERT INTO posts AS p (title) VALUES ('(')
INSERT INTO "app_s00002"."posts" AS p (title, "id") VALUES ('(', $1)
SELECT id FROM posts ORDER BY score DESC, title COLLATE "C" LIMIT 10 OFFSET 5
SELECT id, score AS covet_sort_1, title COLLATE "C" AS covet_sort_2 FROM "app_s00002"."posts" ORDER BY score DESC, title COLLATE "C" LIMIT $1
SELECT * FROM posts ORDER BY 2 DESC NULLS LAST FETCH FIRST 3 ROWS ONLY
SELECT * FROM "app_s00002"."posts" ORDER BY 2 DESC NULLS LAST LIMIT $1
SELECT * FROM posts OFFSET 3
SELECT * FROM "app_s00002"."posts"
SELECT avg(score) FILTER (WHERE id > 1) AS a, count(*) FROM posts
SELECT pg_catalog.sum(score) FILTER (WHERE id > 1), pg_catalog.count(score) FILTER (WHERE id > 1), count(*) FROM "app_s00002"."posts"
SELECT count(*) AS n, sum(score) FROM posts ORDER BY n, 2
SELECT count(*) AS n, sum(score) FROM "app_s00002"."posts"
SELECT count(*) FROM posts LIMIT 1
SELECT count(*) FROM "app_s00002"."posts"
SELECT id FROM posts ORDER BY id
SELECT id FROM posts ORDER BY id DESC
SELECT count(*) FROM posts
SELECT
(SELECT
SELECT 1 WHERE true
SELECT 1; SELECT 2
SELECT * FROM posts WHERE
START TRANSACTION
COMMIT WORK
COMMIT
ROLLBACK
ROLLBACK TO a
ROLLBACK TO SAVEPOINT
BEGIN DEFERRABLE
BEGIN ISOLATION LEVEL READ UNCOMMITTED
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
START TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE
BEGIN READ WRITE NOT DEFERRABLE
INSERT INTO posts (id) VALUES (1)
CREATE TABLE local (a int)
CREATE INDEX ON local (a)
DROP TABLE local
TRUNCATE local
VACUUM local
GRANT SELECT ON local TO PUBLIC
GRANT USAGE ON SCHEMA public TO PUBLIC
GRANT SELECT ON ALL TABLES IN SCHEMA other TO PUBLIC
ALTER TABLE local ADD b int
COMMENT ON TABLE local IS 'x'
DROP TRIGGER posts ON local
EXPLAIN SELECT * FROM local
CREATE INDEX i ON posts USING btree (title, lower(slug)) WHERE id > 5
CREATE INDEX i ON "s"."posts" USING btree (title, lower(slug)) WHERE id > 5
CREATE INDEX i ON "t"."posts" USING btree (title, lower(slug)) WHERE id > 5
CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY blog."Posts"(slug)
CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY "s"."posts_2"(slug)
CREATE INDEX  IF NOT EXISTS i ON ONLY "t"."posts_2"(slug)
CREATE UNIQUE INDEX i ON users (name)
CREATE UNIQUE INDEX i ON "r"."users" (name)
CREATE UNIQUE INDEX i ON "t"."users" (name)
CREATE UNIQUE INDEX i ON posts (title, id)
CREATE UNIQUE INDEX i ON posts (slug)
CREATE UNIQUE INDEX i ON posts (title)
CREATE UNIQUE INDEX i ON posts ((id + 1)) INCLUDE (id)
CREATE UNIQUE INDEX i ON comments (id)
DROP TABLE posts, public.comments, users CASCADE
DROP TABLE IF EXISTS "s"."posts", "s"."comments" CASCADE
DROP TABLE IF EXISTS "r"."users" CASCADE
DROP TABLE IF EXISTS "t"."posts", "t"."comments", "t"."users" CASCADE
DROP INDEX CONCURRENTLY i
DROP INDEX CONCURRENTLY IF EXISTS "s"."i"
DROP INDEX CONCURRENTLY IF EXISTS "r"."i"
DROP INDEX IF EXISTS "t"."i"
DROP TABLE posts, local
DROP TABLE of a local table together with the distributed table "posts"
TRUNCATE TABLE posts, comments CASCADE
TRUNCATE TABLE "s"."posts", "s"."comments"
TRUNCATE TABLE "t"."posts", "t"."comments"
VACUUM (FULL, ANALYZE) posts (title, "slug"), users
VACUUM (FULL, ANALYZE) "s"."posts" ("title", "slug")
VACUUM (FULL, ANALYZE) "r"."users"
VACUUM (FULL, ANALYZE) "t"."posts" ("title", "slug"), "t"."users"
ANALYZE posts
ANALYZE "s"."posts"
ANALYZE "t"."posts"
VACUUM VERBOSE
TRUNCATE posts RESTART IDENTITY
ANALYZE posts, local
GRANT SELECT (title), INSERT ON posts TO ann, PUBLIC WITH GRANT OPTION
GRANT SELECT (title), INSERT ON "s"."posts" TO ann, PUBLIC WITH GRANT OPTION
GRANT SELECT (title), INSERT ON "t"."posts" TO ann, PUBLIC WITH GRANT OPTION
REVOKE ALL ON TABLE comments, users FROM ann CASCADE
REVOKE ALL ON TABLE "s"."comments" FROM ann CASCADE
REVOKE ALL ON TABLE "r"."users" FROM ann CASCADE
REVOKE ALL ON TABLE "t"."comments", "t"."users" FROM ann CASCADE
GRANT SELECT ON posts TO ann, "O'Neil", PUBLIC, CURRENT_USER
GRANT SELECT ON ALL TABLES IN SCHEMA public TO ann
ALTER TABLE posts ADD b int
ALTER TABLE posts RENAME TO p
CREATE TABLE a (b int8 REFERENCES posts)
CREATE TABLE a (LIKE posts)
CREATE TABLE a AS SELECT * FROM posts
COMMENT ON COLUMN public.posts.id IS 'x'
DROP TRIGGER t ON posts
DROP POLICY p ON public.posts
EXPLAIN SELECT * FROM posts
ALTER TABLE users ADD b int
ALTER TABLE with the reference table "users"
CREATE TABLE posts (a int)
CREATE TABLE posts AS SELECT 1
CREATE TABLE IF NOT EXISTS posts (a int)
CREATE TABLE
COPY posts (id, "Title") FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER ';', NULL 'null', QUOTE '''', ESCAPE '\')
WITH (FORMAT csv, DELIMITER ';', NULL 'null', QUOTE '''', ESCAPE E'\\')
COPY posts TO STDOUT CSV HEADER FORCE QUOTE id, title
WITH (FORMAT csv, DELIMITER ',', NULL '', HEADER true, QUOTE '"', ESCAPE '"', FORCE_QUOTE ("id", "title"))
COPY comments FROM STDIN
WITH (FORMAT text, DELIMITER '\t', NULL E'\\N')
COPY (SELECT (id) FROM posts) TO STDOUT
COPY (SELECT (id) FROM posts
COPY (SELECT 1) TO STDOUT
COPY local FROM '/tmp/x' (FORMAT binary)
COPY
COPY posts FROM '/tmp/x'
COPY posts TO PROGRAM 'cat'
COPY posts FROM STDIN (FORMAT binary)
COPY posts FROM STDIN (FORMAT parquet)
COPY posts FROM STDIN (FREEZE)
COPY posts FROM STDIN (ENCODING 'latin1')
COPY posts FROM STDIN (FORCE_NULL (id), FORMAT csv)
COPY posts FROM STDIN (QUOTE '"')
COPY posts FROM STDIN (DELIMITER 'ab')
COPY posts FROM STDIN (DELIMITER 'a')
COPY posts FROM STDIN (FORMAT csv, DELIMITER '"')
COPY posts FROM STDIN WHERE id > 1
DROP TABLE posts
DROP INDEX i
TRUNCATE posts
ALTER TABLE posts ADD a int
SELECT count(*) FROM users a WHERE EXISTS (SELECT 1 FROM comments b, generate_series(1, 3) AS id WHERE id = b.post_id)
SELECT count(*) FROM users a WHERE EXISTS (SELECT 1 FROM comments b, (SELECT max(id) FROM users) q(id) WHERE id = b.post_id)
SELECT count(*) FROM users a WHERE EXISTS (SELECT 1 FROM comments b, (VALUES (3)) q(id) WHERE id = b.post_id)
SELECT count(*) FROM users a WHERE EXISTS (SELECT 1 FROM comments b, (SELECT * FROM (SELECT id AS id, id FROM users) w) q WHERE id = b.post_id)
SELECT count(*) FROM users u WHERE EXISTS (SELECT 1 FROM comments u, (SELECT p.id FROM posts p WHERE p.post_id = u.id) q WHERE q.id = 3)
SELECT count(*) FROM users u WHERE EXISTS (SELECT 1 FROM comments l, LATERAL (SELECT p.id FROM posts p WHERE p.post_id = l.post_id) q WHERE q.id = 3 AND l.post_id = u.id)
SELECT count(*) FROM comments JOIN (SELECT score AS post_id FROM posts) q USING (post_id)
SELECT count(*) FROM comments NATURAL JOIN (SELECT score AS post_id FROM posts) q
SELECT count(*) FROM comments JOIN (SELECT post_id FROM posts) q USING (post_id)
SELECT count(*) FROM comments JOIN posts USING (post_id) JOIN comments l USING (post_id)
SELECT post_id, count(*) FROM posts RIGHT JOIN comments USING (post_id) GROUP BY post_id ORDER BY post_id
SELECT post_id, count(*) FROM posts FULL JOIN comments USING (post_id) GROUP BY post_id ORDER BY post_id
SELECT count(*) FROM posts JOIN comments USING (post_id) AS j JOIN users ON users.id = j.post_id
SELECT id FROM users WHERE id IN (WITH users AS (SELECT 3 AS id) SELECT id FROM users)
WITH users AS (SELECT * FROM users) SELECT count(*) FROM users
WITH users AS (SELECT * FROM users WHERE id < 4) SELECT count(*) FROM users
SELECT * FROM (WITH users AS (SELECT 1 AS a) SELECT * FROM users) q, users WHERE id = 2
WITH RECURSIVE a AS (SELECT * FROM users), users AS (SELECT 1 AS one) SELECT * FROM a
WITH RECURSIVE users AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM users WHERE i < 5) SELECT * FROM users ORDER BY i
WITH users AS (SELECT 1) DELETE FROM users
WITH users AS (SELECT 1) UPDATE users SET score = 0
SELECT count(*) FROM users WHERE score > 0
WITH users AS (SELECT 5 AS a) UPDATE users SET n = 7 FROM users u WHERE id = a AND id = 5 RETURNING users.id
SELECT (SELECT sum(a.score)) FROM users a
SELECT (SELECT count(a.score)), 1 FROM users a
SELECT (SELECT max(a.score) FROM users WHERE id = 1) FROM users a
SELECT (SELECT max(score) FROM (SELECT 1 AS one) q) FROM users
SELECT id, (SELECT max(p.score + u.score) FROM posts p WHERE p.post_id = u.id) FROM users u ORDER BY id
SELECT id, (SELECT sum(g) FROM generate_series(1, 3) g) FROM users ORDER BY id
SELECT avg(score) AS m FROM users ORDER BY m
SELECT count(*) AS c, avg(n) FROM users ORDER BY c, 2 LIMIT 1
SELECT sum((SELECT count(*) FROM posts p WHERE p.post_id = users.id)) FROM users
SELECT avg((SELECT count(*) FROM posts p WHERE p.post_id = users.id)) FROM users
SELECT sum(public.users.score), avg(public.users.f) FROM public.users
SELECT avg(score), avg(n), avg(f), sum(score), count(*) FILTER (WHERE score > 3) FROM users WHERE id < 0
SELECT u.id, t.k, t.v FROM users u, blog.posts t WHERE u.id = '5' AND t.k = '5' ORDER BY t.v
SELECT count(*) FROM users u, blog.posts t WHERE u.id = '7' AND t.k = '7'
SELECT count(*) FROM users u JOIN comments l ON l.post_id = u.id AND u.id = '7'
SELECT id, (SELECT random()) FROM users
SELECT id, r FROM users, random() r
SELECT id, r FROM (SELECT random() AS r) q, users
SELECT count(*) FROM users WHERE random() < 2
SELECT c FROM users ORDER BY c
SELECT c COLLATE "en-score-icu" FROM users ORDER BY c
SELECT lower(c COLLATE "en-score-icu") AS c FROM users ORDER BY c
SELECT (c COLLATE "en-score-icu")::varchar FROM users ORDER BY c
SELECT * FROM users ORDER BY c DESC
SELECT id AS c FROM users ORDER BY c
SELECT id FROM users ORDER BY (SELECT count(*) FROM posts p WHERE p.post_id = id), id
INSERT INTO users (id, score) VALUES (700, (SELECT count(*) FROM posts))
INSERT INTO users (id) VALUES (701) RETURNING (SELECT count(*) FROM posts)
INSERT INTO users (id) VALUES (5) ON CONFLICT (id) DO UPDATE SET score = (SELECT count(*) FROM posts)
SELECT count(*) FROM users WHERE id >= 700
INSERT INTO users (id, score) VALUES (702, (SELECT max(id) FROM users)) RETURNING score;DELETE FROM users WHERE id = 702
SELECT * FROM users u JOIN users r ON r.id = u.score WHERE u.id = 5 FOR UPDATE
SELECT * FROM users u JOIN users r ON r.id = u.score WHERE u.id = 5 FOR SHARE OF r
SELECT * FROM users u JOIN users r ON r.id = u.score WHERE u.id = 5 FOR UPDATE OF u
CREATE TABLE kinds (id int8 PRIMARY KEY, b bool, i2 int2, i4 int4, n numeric, n2 numeric(10,3), f4 float4, f8 float8, t text, v varchar(20), c char(5), by bytea, d date, ts timestamp, tz timestamptz, tm time, iv interval, u uuid, j json, jb jsonb, ai int4[], at text[], ip inet, r int4range, p point);INSERT INTO kinds VALUES (1, true, -32768, 2147483647, 'NaN', 1.5, 'Infinity', '-Infinity', '', '', '', '', 'infinity',  '-infinity', 'infinity', '24:00', '-1 year -2 mons +3 days -04:05:06.789',  'ffffffff-ffff-ffff-ffff-ffffffffffff', 'null', 'null', '{}', '{}', '::1/128', 'empty',  '(0,-0)'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, false, 0, -1, 12345678901234567890.000000001, -0.001, 0.1, 1e-300, E'a"b,c\ d\\e\t;''f',  E'\r\ ', 'ab ', E'\\x00ff5c22', '0044-03-15 BC', '2026-02-28 23:59:59.999999',  '2026-06-30 12:00:00.1+02', '00:00:00.000001', '0', '00000000-0000-0000-0000-000000000000',  E'{ "a" : [1,\ 2] }', '{"b": 1e2, "a": "\u00e9"}', '{1,NULL,-3}',  E'{"a,b",NULL,"","q\\"x","NULL"}', '10.0.0.0/8', '[1,5)', '(1.5,2.25)'), (4, true, 1, 10, 1e20, 100, 3.4028235e38, 5e-324, 'äöü € 漢字 😀', 'é', 'é', '\xdeadbeef',  '9999-12-31', '0001-01-01 00:00', '1970-01-01 00:00+00', '12:34:56', '1 day',   'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[]', '[]', '[0:1]={5,6}', '{{a,b},{c,d}}',  '2001:db8::/32', '(,)', '(1e300,1e-300)'), (5, false, 2, 20, 0.00, 0, -0.0, 0.30000000000000004, '\.', '\.', '\N', 'abc', '2000-02-29',  '1999-12-31 23:59:60', '2026-03-29 02:30+01', '23:59:59.5', '100 years', NULL, '"x"',  '{"k": {"z": null}}', '{{1},{2}}', '{" "}', '127.0.0.1', '[3,3]', NULL);
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL);CREATE TABLE posts (id serial PRIMARY KEY, author int NOT NULL REFERENCES users, slug varchar(40) UNIQUE, title text, views int NOT NULL DEFAULT 7, score float8, made timestamptz);CREATE TABLE comments (id serial PRIMARY KEY, post_id int NOT NULL REFERENCES posts DEFERRABLE INITIALLY DEFERRED, body text);INSERT INTO users (name) SELECT 'user ' || i FROM generate_series(1, 10) i;INSERT INTO posts (author, slug, title, views, score, made) SELECT 1 + i % 10, 'post-' || i, CASE WHEN i % 7 = 0 THEN NULL ELSE 'Title ' || i END, i * 37 % 101, i / 3.0, '2026-01-01 00:00+00'::timestamptz + i * interval '1 hour 1 second' FROM generate_series(1, 200) i;INSERT INTO comments (post_id, body) SELECT 1 + i % 200, 'body ' || i FROM generate_series(1, 1000) i;
SELECT id, b, i2, i4, n, n2, f4, f8, t, v, by, d, ts, tz, u, j, jb, ai::text, at::text, ip::text, r::text, p::text, c::text, tm::text, iv::text FROM kinds ORDER BY id
SELECT id, c, tm, iv FROM kinds ORDER BY id
SELECT t AS "a ""quoted"", name", v AS "über", by FROM kinds ORDER BY id;SELECT 'a' "?", NULL, '' AS "x y"; SELECT; SELECT 1 WHERE false
BEGIN; UPDATE posts SET views = -1 WHERE id = 3
SELECT count(*) FROM posts WHERE views = -1
BEGIN; UPDATE posts SET views = -1 WHERE id = 3; SELECT 1/0; COMMIT
SELECT 1 AS a, 'x"' AS b, true AS c, NULL AS d
SELECT 2 AS b; -- nothing SELECT 3 AS c
SELECT 1 AS a
SELECT 4 AS d
SELECT 4
SELECT 5; SELECT 1/0
SELECT 1; SELECT * FROM postz
SELECT * FROM postz
SELECT * FROM posts JOIN userz ON true
SELECT * FROM public.postz
DROP TABLE postz
COPY postz FROM STDIN
SELECT titel FROM posts WHERE id = 1
SELECT  1 +
INSERT INTO posts (id, author) VALUES (NULL, 1)
INSERT INTO users (name) VALUES ('x')
ALTER TABLE posts ADD COLUMN z int
ALTER TABLE
SELECT 1/0; SELECT 'not run'
SELECT '\xff\xfe'
SELECT 1\0;
SELECT pg_sleep(60); SELECT 2
SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND state = 'active'
SELECT 1; DELETE FROM posts WHERE id = 1
SELECT count(*) FROM posts WHERE id = 1
SELECT id, title, made FROM posts ORDER BY made, id LIMIT 11
SELECT count(*), max(made) FROM posts
SELECT post_id, id, body FROM comments WHERE id <= 500 ORDER BY id
SELECT t, id FROM kinds ORDER BY id DESC
SELECT views, slug FROM posts WHERE id IN (1, 2, 3)
SELECT * FROM posts WHERE id = 4
SELECT * FROM users
SELECT id FROM posts
SELECT avg(views) FROM posts
CREATE TABLE users (id int PRIMARY KEY, name text);INSERT INTO users VALUES (1, 'one'), (2, 'two');CREATE TABLE posts (id serial PRIMARY KEY, author int REFERENCES users DEFERRABLE INITIALLY DEFERRED, title varchar(200), body text, score float8, tags text[], views int DEFAULT 3);CREATE TABLE keyed (name varchar(8) PRIMARY KEY, n int CHECK (n > 0), twice int GENERATED ALWAYS AS (n * 2) STORED);CREATE TABLE lines (id serial PRIMARY KEY, key int8 NOT NULL, text text);CREATE TABLE here (a int, b text)
DELETE FROM here
SELECT count(*) FROM posts; SELECT count(*) FROM keyed
SELECT id, author, title, body, score, tags::text, views FROM posts ORDER BY id
COPY posts (id, author, title, body, score, tags) FROM STDIN
COPY posts (author, id, body, title) FROM STDIN WITH (FORMAT csv, HEADER)
COPY posts (id, title, body) FROM STDIN (FORMAT csv, DELIMITER ';', QUOTE '''', ESCAPE '\', NULL 'nil')
COPY keyed (n, name) FROM STDIN
SELECT * FROM keyed ORDER BY n
SELECT n FROM keyed WHERE name = E'a\tb'; SELECT n FROM keyed WHERE name = '\.';SELECT n FROM keyed WHERE name = 'äöüäöüäö'; SELECT n FROM keyed WHERE name = ''
COPY keyed FROM STDIN CSV
COPY 3
SELECT n FROM keyed WHERE name = 'y"'
SELECT n FROM keyed WHERE name = E'a \\. '
COPY posts TO STDOUT (FORMAT csv, HEADER)
SELECT count(*), sum(views), max(title COLLATE "C") FROM posts
COPY posts FROM STDIN (FORMAT csv, HEADER MATCH)
COPY lines (key, text) FROM STDIN
SELECT key, text FROM lines ORDER BY key, text COLLATE "C"
SELECT count(DISTINCT id) FROM lines WHERE key = 7
COPY lines FROM STDIN
COPY posts (title) FROM STDIN
COPY 2
SELECT count(*) FROM posts WHERE title = 'by id'
DELETE FROM lines WHERE key = 7; DELETE FROM lines WHERE key = 8
COPY here FROM STDIN
SELECT * FROM here ORDER BY a
INSERT INTO here VALUES (3, 'x,"y'); COPY here TO STDOUT (FORMAT csv, HEADER);COPY (SELECT a, b FROM here ORDER BY a DESC) TO STDOUT; COPY users TO STDOUT
COPY here FROM STDIN; 1\tx z\ty \.
SELECT count(*) FROM here
COPY posts (id, author, title) FROM STDIN
COPY keyed (name, n) FROM STDIN CSV
COPY keyed (name, n) FROM STDIN
COPY keyed (n) FROM STDIN
COPY keyed (name, nn) FROM STDIN
COPY keyed (name, twice) FROM STDIN
COPY keyed (name, name) FROM STDIN
COPY keyed (n, name) FROM STDIN (FORMAT csv, HEADER MATCH)
COPY users FROM STDIN
COPY nowhere FROM STDIN
COPY (SELECT id FROM posts) TO STDOUT
BEGIN; COPY posts (id) FROM STDIN
SELECT count(*) FROM lines
SELECT format('BEGIN; LOCK TABLE %I.keyed IN SHARE MODE', nspname) FROM pg_namespace n JOIN pg_class c ON relnamespace = n.oid WHERE relname = 'keyed' LIMIT 1
SELECT min(schemaname::text) FROM pg_tables WHERE tablename = 'lines'
ALTER SYSTEM SET synchronous_standby_names = 'nobody'
ALTER SYSTEM SET synchronous_commit = 'on'
SELECT pg_reload_conf()
ALTER SYSTEM RESET synchronous_standby_names
ALTER SYSTEM RESET synchronous_commit
TRUNCATE lines
COPY 200000
SELECT count(*) > 0 FROM pg_locks WHERE NOT granted
CREATE INDEX posts_title ON posts (title)
CREATE INDEX IF NOT EXISTS posts_title ON posts (title)
CREATE INDEX CONCURRENTLY users_name ON users (name)
DROP INDEX posts_title; DROP INDEX CONCURRENTLY users_name
DROP INDEX posts_title
DROP INDEX IF EXISTS posts_title
CREATE UNIQUE INDEX u ON posts (title)
CREATE INDEX i ON posts (titel)
BEGIN; CREATE INDEX i ON posts (title)
UPDATE posts SET title = 'x' WHERE id = 77
CREATE INDEX odd ON posts ((1 / (id - 77)))
SELECT count(*) FROM pg_class WHERE relname = 'odd'
DROP TABLE users
ALTER TABLE posts ADD COLUMN x int
CREATE TRIGGER t AFTER INSERT ON posts EXECUTE FUNCTION f()
ANALYZE posts; VACUUM (ANALYZE) posts, users; VACUUM; ANALYZE; ANALYZE posts (id)
SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'posts' AND schemaname ~ '_s[0-9]+$' AND vacuum_count = 0
SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'posts' AND schemaname ~ '_s[0-9]+$' AND analyze_count < 2
CREATE ROLE reader LOGIN PASSWORD 'x'
GRANT SELECT, INSERT ON posts, users TO reader
SELECT count(*) FROM pg_tables t WHERE tablename IN ('posts', 'users') AND schemaname NOT IN ('covet_old', 'public') AND has_table_privilege('reader', format('%I.%I', schemaname, tablename), 'SELECT') AND has_schema_privilege('reader', schemaname::text, 'USAGE')
SELECT count(*) FROM posts p JOIN users u ON u.id = p.author
INSERT INTO posts VALUES (501, 1, 'by the reader')
DELETE FROM posts WHERE id = 501
REVOKE INSERT ON posts FROM reader; DELETE FROM posts WHERE id = 501
SELECT count(*) FROM pg_tables t WHERE tablename = 'posts' AND has_table_privilege('reader', format('%I.%I', schemaname, tablename), 'INSERT')
GRANT SELECT ON posts TO nobody_there
CREATE INDEX killed ON posts (title)
DROP INDEX killed
CREATE INDEX cut ON posts (title)
SELECT count(*) FROM covet.jobs WHERE done <> '{}'
SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'
CREATE INDEX cut
DROP INDEX cut
CREATE INDEX CONCURRENTLY slow ON posts (title)
SELECT count(*) FROM pg_index WHERE NOT indisvalid
DROP INDEX slow
CREATE UNIQUE INDEX CONCURRENTLY twice ON comments (post_id)
DROP INDEX twice
SELECT count(*) FROM pg_class WHERE relname = 'twice'
DROP TABLE gone
SELECT count(*) FROM gone WHERE id = 3
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
DELETE FROM covet.tables WHERE table_name = 'gone';DROP TABLE covet_shell.gone, covet_old.gone;UPDATE covet.cluster SET epoch = epoch + 1; NOTIFY covet_map
SELECT * FROM gone
SELECT count(*) FROM pg_class WHERE relname = 'gone'
CREATE TABLE gone (a int); DROP TABLE gone
CREATE INDEX kept ON posts (title DESC) WHERE id > 3;CREATE INDEX kept_users ON users (name)
INSERT INTO covet.jobs (kind, statement, done) SELECT 'TRUNCATE TABLE', 'TRUNCATE comments', array_agg(id) FROM covet.groups
TRUNCATE comments
SELECT count(*) FROM comments
INSERT INTO comments VALUES (1, 1, 'x')
SELECT string_agg(indexdef, ';' ORDER BY indexname) FROM pg_indexes WHERE indexname LIKE 'kept%'
CREATE INDEX kept ON public.posts USING btree (title DESC) WHERE (id > 3);CREATE INDEX kept_users ON public.users USING btree (name)
SELECT has_table_privilege('reader', 'posts', 'SELECT')
INSERT INTO covet.jobs (kind, statement) VALUES ('CREATE INDEX', 'CREATE INDEX late ON posts (title)')
INSERT INTO covet.jobs (kind, statement) VALUES ('DROP INDEX', 'DROP INDEX late')
CREATE INDEX late ON posts (title); DROP INDEX late
TRUNCATE posts, comments; DROP TABLE comments, posts; DROP TABLE users
SELECT count(*) FROM pg_class WHERE relname IN ('posts', 'comments', 'users')
SELECT now() - made AS age, CURRENT_DATE, current_time(3) FROM posts WHERE made < now() ORDER BY 1
SELECT count(*), max(made) FROM posts WHERE made > CURRENT_TIMESTAMP - interval '1 day' OR made = 'today'::date
SELECT date 'tomorrow', timestamptz 'now', 'yesterday'::date, transaction_timestamp() FROM posts p
SELECT CASE WHEN id > 1 THEN now() ELSE statement_timestamp() END, (SELECT now()), age(made) FROM posts
SELECT id FROM recent WHERE id = 3
SELECT r.id, public.recent.title FROM public.recent AS r (id, t), recent, "Of it" o WHERE r.id = 1
SELECT * FROM ONLY (recent) LEFT JOIN slugs * ON slugs.slug = recent.title JOIN names n ON true
WITH recent AS (SELECT * FROM recent) SELECT count(*) FROM recent, mixed m WHERE m.id = 4
SELECT * FROM (TABLE recent) q, LATERAL (SELECT * FROM "Of it" i WHERE i.id = q.id LIMIT 1) l ORDER BY 1
INSERT INTO posts (id, title) VALUES (5, (SELECT name FROM names LIMIT 1))
UPDATE recent SET title = 'x' WHERE id = 1
SELECT near.id, self FROM near, self
SELECT * FROM posts p WHERE EXISTS (SELECT 1 FROM recent WHERE recent.id = p.id) FOR UPDATE OF p
SELECT * FROM recent FOR UPDATE OF recent
SELECT id, (SELECT count(*) FROM comments c WHERE c.author_id = p.author_id) FROM posts p
SELECT p.id, (SELECT max(c.id) + p.score FROM comments c JOIN users u ON u.id = c.author_id WHERE c.author_id = p.author_id AND c.body = $1 AND p.score = c.id) AS m FROM posts AS p JOIN users ON users.id = p.author_id WHERE p.title = $2 ORDER BY m
SELECT u.id FROM users u WHERE (SELECT sum(score) FILTER (WHERE title > $1) FROM posts WHERE author_id = u.id) > 3 AND u.id < (SELECT count(*) FROM posts WHERE author_id = u.id)
SELECT q.count FROM (SELECT (SELECT count(*) FROM comments WHERE author_id = p.author_id) FROM posts p) q
SELECT p.id FROM posts p, comments c WHERE (p.author_id = c.author_id AND p.score = $1 AND c.body = $2) OR (p.author_id = c.author_id AND (p.score > 3 OR p.title = 'x') AND c.id < 5)
SELECT p.id FROM posts p JOIN users u ON u.id = p.author_id AND (p.score = 1 OR (p.title = $1 AND u.name = 'x')) JOIN comments c ON c.author_id = u.id WHERE p.id = 1 OR c.id BETWEEN 1 AND $2 AND p.id < 7 OR p.score = c.id
SELECT p.id, (SELECT c.body FROM comments c WHERE c.author_id = p.author_id ORDER BY c.id DESC NULLS LAST, body LIMIT 1) FROM posts p WHERE p.title = $1
SELECT c.id, (SELECT title AS t FROM posts WHERE id = c.author_id AND score > $1) FROM comments c WHERE c.body = $2
SELECT c.id FROM comments c WHERE c.id > (SELECT p.score * 2 s FROM posts p JOIN users u ON u.id = p.author_id WHERE c.author_id = p.author_id ORDER BY p.id FETCH FIRST 1 ROW ONLY)
SELECT (SELECT count(*) FROM comments c WHERE c.author_id = p.author_id), (SELECT count(*) FROM comments c WHERE c.author_id = p.id) FROM posts p
SELECT (SELECT count(*) FROM comments c WHERE c.author_id = p.author_id), (SELECT count(*) FROM comments c WHERE c.author_id = q.id) FROM posts p NATURAL JOIN users q
