-- Comparisons of different types, NULL among them.

-- scatter
SELECT bid FROM b WHERE x IN (1, NULL) ORDER BY bid;

-- scatter
SELECT bid FROM b WHERE x NOT IN (1, NULL) ORDER BY bid;

-- gather
SELECT bid FROM b WHERE x NOT IN (SELECT x FROM c WHERE x IS NOT NULL) ORDER BY bid;

-- gather
SELECT bid FROM b WHERE x NOT IN (SELECT x FROM c) ORDER BY bid;

-- scatter
SELECT id FROM a WHERE id IN (7, NULL) ORDER BY id;

-- route
SELECT id FROM a WHERE id IN (NULL);

-- params: ["7.0"]
-- scatter
SELECT id FROM a WHERE id = $1::numeric;

-- params: ["7"]
-- scatter
SELECT id FROM a WHERE id::text = $1;

-- params: ["7.5"]
-- scatter
SELECT bid FROM b WHERE aid < $1::numeric ORDER BY bid;

-- params: [7]
-- route
SELECT num FROM c WHERE owner = $1::int8 ORDER BY num;

-- route
SELECT num FROM c WHERE owner = 7::int2 ORDER BY num;

-- scatter
SELECT num FROM c WHERE owner = 4.0 ORDER BY num;

-- scatter
SELECT num FROM c WHERE owner = 4.5 ORDER BY num;

-- scatter
SELECT num FROM c WHERE owner = 4::float8 ORDER BY num;

-- gather
SELECT count(*) FROM a JOIN c ON a.id = c.owner::numeric;

-- gather
SELECT count(*) FROM a JOIN c ON a.id::text = c.owner::text;

-- gather
SELECT count(*) FROM k JOIN a ON a.t = k.kt;

-- route
SELECT count(*) FROM k WHERE kt = 'apple'::varchar;

-- scatter
SELECT count(*) FROM k WHERE kt = 'apple'::char(8);

-- scatter
SELECT count(*) FROM k WHERE kt = 'apple'::name;

-- scatter
SELECT count(*) FROM k WHERE kt LIKE 'apple';
