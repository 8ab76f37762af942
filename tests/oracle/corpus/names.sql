-- Names and comments of every kind.

-- gather
SELECT x AS "Mixed Case", y AS "select", t AS "ñandú" FROM b AS "B 1" WHERE "B 1".bid < 5 ORDER BY "Mixed Case", "select", "ñandú", bid;

-- gather
SELECT "B 1"."x" FROM "b" "B 1" JOIN "c" AS "from" ON "B 1".x = "from".x GROUP BY "B 1"."x" ORDER BY 1;

-- gather
SELECT count(*) AS "count", sum(x) AS "sum", 'a"b' AS "a""b" FROM b;

-- gather
WITH "W 1" AS (SELECT x AS "X" FROM b) SELECT "X", count(*) FROM "W 1" GROUP BY "X" ORDER BY "X";

-- gather
SELECT /* a comment; */ x -- and one more
  , count(*) /* nested /* comment */ */ FROM b -- FROM c
 GROUP BY x ORDER BY /* by */ x;

-- gather
SELECT/**/count(*)FROM/**/b/**/JOIN/**/c/**/USING(x)-- end
;

-- gather
SELECT count(*) FROM public.b JOIN public.c AS c ON public.b.x = c.x;

-- scatter
SELECT public.b.x FROM public.b WHERE public.b.bid < 5 ORDER BY public.b.bid;

-- gather
SELECT b.x, count(*) FROM public.b, public.c WHERE b.x = c.x GROUP BY b.x ORDER BY 1;

-- A column that has a table's name.
-- gather
SELECT c, count(*) FROM a WHERE grp < (SELECT count(*) FROM c WHERE x = grp) GROUP BY c ORDER BY c;

-- gather
SELECT b, rank() OVER (ORDER BY b, id) FROM a, (SELECT max(b.x) FROM b) q ORDER BY id;
