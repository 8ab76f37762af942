SELECT id FROM U&"\0070osts" WHERE id = 1
SELECT id FROM U&"p!006fsts" /* ! */ UESCAPE '!' p WHERE p.id = 1
SELECT U&"p!006fsts" UESCAPE '!' . id FROM public . U&"p!006fsts" UESCAPE '!' WHERE U&'\0061' = U&'!0061' UESCAPE '!' ORDER BY U&'\0061', id
UPDATE posts SET (title, score) = (SELECT name, 1 FROM users u WHERE u.id = posts.author_id) WHERE id = 1
SELECT id FROM posts ORDER BY id DESC NULLS /* é */ LAST, 'a' -- b
SELECT * FROM public. public.posts postz
