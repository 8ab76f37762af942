-- Errors are those of one server.

-- error 22012
SELECT 1/0 FROM b;

-- error 22012
SELECT x / 0 FROM b JOIN c USING (x);

-- error 42P01
SELECT x FROM nosuch;

-- error 42702
SELECT x FROM b, c;

-- error 22P02
SELECT count(*) FROM b WHERE x = 'a';

-- error 42803
SELECT x, count(*) FROM b;

-- error 42803
SELECT sum(count(*)) FROM b;

-- error 42P01
SELECT b.x FROM b b1;

-- error 21000
SELECT bid FROM b WHERE x = (SELECT x FROM c);

-- error 42601
SELECT x FROM b UNION SELECT x, y FROM b;

-- error 42883
SELECT nosuch(x) FROM b;

-- error 42P10
SELECT x FROM b ORDER BY 7;

-- error 42803
SELECT x FROM b GROUP BY x ORDER BY y;

-- error 42803
SELECT max(x) FROM b WHERE max(x) > 1;
