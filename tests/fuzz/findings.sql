SELECT id FROM U&"\0070osts" WHERE id = 1
SELECT id FROM U&"p!006fsts" /* ! */ UESCAPE '!' p WHERE p.id = 1
SELECT U&"p!006fsts" UESCAPE '!' . id FROM public . U&"p!006fsts" UESCAPE '!' WHERE U&'\0061' = U&'!0061' UESCAPE '!' ORDER BY U&'\0061', id
UPDATE posts SET (title, score) = (SELECT name, 1 FROM users u WHERE u.id = posts.author_id) WHERE id = 1
SELECT id FROM posts ORDER BY id DESC NULLS /* é */ LAST, 'a' -- b
SELECT * FROM public. public.posts postz
SELECT * FROM blog.posts  *  WHERE slug = ANY ($1::varchar(1)[])
SELECT posts.slug FROM ONLY (blog.posts) WHERE posts.slug = 'x'
SELECT posts.slug FROM ONLY blog.posts, blog."Posts" * WHERE posts.slug = 'x' AND "Posts".slug = 'x'
SELECT slug FROM blog."Posts" p WHERE slug = 'x' AND slug IN (TABLE blog.posts) AND slug IN (TABLE ONLY (blog.posts))
SELECT now(), CURRENT_DATE, statement_timestamp() - made, 'now'::timestamptz, age(made), localtime(2) FROM posts
INSERT INTO posts (id, made) VALUES (1, 'now'::timestamptz)
SELECT now (*)  FROM posts
SELECT now() FILTER (WHERE true), now() OVER () FROM posts
SELECT count(*)FROM posts GROUP BY id ORDER BY max(score)
SELECT "id"FROM posts ORDER BY score
SELECT id FROM posts WHERE title = 'x'GROUP BY id ORDER BY title
SELECT * FROM posts p, LATERAL (SELECT id) q WHERE q.id = 3
SELECT * FROM posts p, LATERAL (SELECT id) q, LATERAL (SELECT id) r WHERE r.id = q.id
SELECT * FROM LATERAL (SELECT id) q, LATERAL (SELECT id) r WHERE id = 3
SELECT * FROM posts WHERE EXISTS (SELECT 1 FROM (SELECT id) q, LATERAL (SELECT id) r WHERE r.id = 3)
SELECT(score)FROM posts ORDER BY(SELECT 1)
