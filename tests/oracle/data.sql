-- The oracle's data: few rows, and each of them awkward. The same in every database.
--
-- Lines that begin with --! are for the driver (layouts.h). Every table has a column or two that
-- are unique together; generate.py knows which. Columns f are multiples of 1/8, so that the deviation
-- of equal values is nothing in whatever order they come, and not noise. Nothing is drawn by lot, so that a difference that
-- was found is found again.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (one int4, two int4);
--! everywhere

-- a: the parent; its key is its id. Text under ICU and under "C".
CREATE TABLE a (
    id int8 PRIMARY KEY,
    grp int4,
    x int4,
    big int8,
    n numeric,
    f float8,
    g float8,
    t text,
    c text COLLATE "C",
    b bool,
    d date,
    ts timestamptz,
    arr int4[],
    js jsonb,
    m mood
);
-- b, c: its children, by names and widths of their own.
CREATE TABLE b (
    aid int8 NOT NULL,
    bid int4 NOT NULL,
    x int4,
    y int4,
    n numeric,
    f float8,
    t text,
    d date,
    PRIMARY KEY (aid, bid)
);
CREATE TABLE c (
    owner int4,
    num int4 NOT NULL,
    grp int4,
    x int4,
    q numeric(10, 2),
    t varchar(20),
    b bool,
    PRIMARY KEY (owner, num)
);
-- k, w: keys of text and uuid.
CREATE TABLE k (
    kt text NOT NULL,
    v int4 NOT NULL,
    aid int8,
    x int4,
    t text,
    PRIMARY KEY (kt, v)
);
CREATE TABLE w (
    uid uuid PRIMARY KEY,
    x int4,
    f float8,
    ts timestamptz
);
-- s: all rows under two keys, so most shards have none; e: no rows at all.
CREATE TABLE s (
    sid int8 NOT NULL,
    num int4 NOT NULL,
    x int4,
    t text,
    PRIMARY KEY (sid, num)
);
CREATE TABLE e (
    id int4 PRIMARY KEY,
    x int4,
    t text
);
-- z: types that do not travel as others do.
CREATE TABLE z (
    zid int4 PRIMARY KEY,
    co pair,
    x int4,
    y int4,
    cos pair[],
    ch char(6),
    bits bit(5),
    moods mood[],
    texts text[],
    squares int4[][],
    ra int4range,
    d date,
    ts timestamp,
    f4 float4,
    f8 float8
);
-- r1, r2: reference; l1: local.
CREATE TABLE r1 (
    rid int4 PRIMARY KEY,
    x int4,
    t text,
    f float8
);
CREATE TABLE r2 (
    code text PRIMARY KEY,
    grp int4,
    n numeric
);
CREATE TABLE l1 (
    lid int4 PRIMARY KEY,
    x int4,
    t text
);

CREATE FUNCTION word(i int8) RETURNS text LANGUAGE sql AS $$
    SELECT (ARRAY['Zebra', 'apple', 'Äpfel', 'äpfel', '', 'Apple', 'éclair', 'eclair', 'straße',
                  'STRASSE', '日本', '日本語', 'ñandú', 'nandu', '_x', 'a b', 'a-b', 'ab', '100%',
                  E'back\\slash', 'O''Brien', '😀', 'co-op', 'coop', 'Ωmega', ' lead', 'zz', NULL])
           [1 + i % 28] $$;

INSERT INTO a SELECT
    i,
    nullif(i % 7, 6),
    nullif((i * 13) % 11, 5) - 2,
    CASE i % 6 WHEN 0 THEN 9223372036854775807 WHEN 1 THEN -9223372036854775808
               WHEN 2 THEN NULL ELSE i * 1000000007 END,
    CASE i % 9 WHEN 0 THEN 1.0 WHEN 1 THEN 1.00 WHEN 2 THEN 1 WHEN 3 THEN NULL WHEN 4 THEN 'NaN'
               WHEN 5 THEN -0.5 WHEN 6 THEN 12345678901234567890.123456789 ELSE i / 7.0 END,
    CASE WHEN i % 10 <> 4 THEN (i % 12) * 0.375 + 0.125 END,
    CASE i % 8 WHEN 0 THEN 'NaN' WHEN 1 THEN 0 WHEN 2 THEN '-0' WHEN 3 THEN 'Infinity'
               WHEN 4 THEN '-Infinity' WHEN 5 THEN NULL ELSE i / 4.0 END,
    word(i * 5),
    word(i * 3 + 1),
    CASE i % 3 WHEN 0 THEN true WHEN 1 THEN false END,
    CASE i % 10 WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity' WHEN 2 THEN '0044-03-15 BC'
                WHEN 3 THEN '5874897-12-31' WHEN 4 THEN NULL WHEN 5 THEN '2000-02-29'
                ELSE date '2024-01-01' + i::int % 5 END,
    CASE i % 9 WHEN 0 THEN 'infinity' WHEN 1 THEN '4713-01-01 00:00:00+00 BC' WHEN 2 THEN NULL
               ELSE timestamptz '2024-03-31 01:59:59.999999+00' + i % 4 * interval '1 hour' END,
    CASE i % 5 WHEN 0 THEN '{}' WHEN 1 THEN NULL WHEN 2 THEN ARRAY[i::int % 3, NULL, 2]
               ELSE ARRAY[i::int % 4, i::int % 3] END,
    CASE i % 6 WHEN 0 THEN NULL WHEN 1 THEN 'null' WHEN 2 THEN '{}'
               WHEN 3 THEN jsonb_build_object('a', i % 4, 'b', jsonb_build_array(i % 2, 'x'))
               WHEN 4 THEN to_jsonb(i % 5) ELSE '[1, 2, {"k": "v"}]' END,
    CASE i % 4 WHEN 0 THEN 'sad' WHEN 1 THEN 'ok' WHEN 2 THEN 'happy' END::mood
  FROM generate_series(1::int8, 48) i;
-- Keys at the ends of their type, and none that a child has.
INSERT INTO a (id, grp, x) VALUES (9223372036854775807, 3, 4), (-9223372036854775808, 3, 4),
    (0, NULL, NULL), (-1, 0, 0);

-- Every third row belongs to key 7; some belong to nobody.
INSERT INTO b SELECT CASE WHEN i % 3 = 0 THEN 7 ELSE 1 + (i * 7) % 55 END, i,
    nullif(i % 9, 4), (i * 5) % 6,
    CASE i % 5 WHEN 0 THEN 2.50 WHEN 1 THEN 2.5 WHEN 2 THEN NULL ELSE i / 8.0 END,
    CASE WHEN i % 7 <> 0 THEN i * 0.25 END,
    word(i * 11),
    CASE WHEN i % 6 <> 0 THEN date '2024-01-01' + i::int % 9 END
  FROM generate_series(1::int8, 70) i;
INSERT INTO c SELECT 1 + (i * i) % 40, i, nullif(i % 6, 1), nullif(i % 8, 3),
    CASE WHEN i % 4 <> 0 THEN i * 1.25 END, left(word(i * 2), 20),
    CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN true ELSE false END
  FROM generate_series(1::int8, 55) i;
INSERT INTO k SELECT coalesce(nullif(word(i % 19), ''), 'k' || i % 3), i, nullif(i % 50, 9),
    nullif(i % 10, 2), word(i * 9)
  FROM generate_series(1::int8, 45) i;
INSERT INTO w SELECT md5(i::text)::uuid, nullif(i % 7, 0), nullif(i % 5, 1) * 1.125,
    timestamptz '2024-01-01 00:00+00' + i % 6 * interval '36 hours'
  FROM generate_series(1::int8, 30) i;
INSERT INTO s SELECT CASE WHEN i % 5 = 0 THEN 3 ELSE 20 END, i, nullif(i % 6, 2), word(i)
  FROM generate_series(1::int8, 32) i;
INSERT INTO z SELECT i, CASE WHEN i % 3 > 0 THEN ROW(i % 4, i)::pair END, i % 6, nullif(i % 5, 2),
    CASE WHEN i % 4 > 0 THEN ARRAY[ROW(i, NULL)::pair, NULL] END,
    CASE i % 3 WHEN 0 THEN 'ab' WHEN 1 THEN 'ab ' || i % 2 END, (i % 8)::bit(5),
    CASE WHEN i % 2 = 0 THEN ARRAY['sad', NULL, 'ok']::mood[] END,
    CASE i % 4 WHEN 0 THEN ARRAY['a"b', E'c\\d', 'e,f', '{g}', NULL, 'NULL', '', E'h\ni']
               WHEN 1 THEN '{}' WHEN 2 THEN ARRAY['x'] END,
    CASE i % 3 WHEN 0 THEN ARRAY[[i, 2], [3, NULL]] WHEN 1 THEN '{}' END,
    int4range(i % 4, i % 4 + 3), date '2024-01-01' + i % 5,
    timestamp '2024-01-01' + i * interval '5 hours', i * 0.1, i * 0.1
  FROM generate_series(1, 30) i;
INSERT INTO r1 SELECT i, nullif(i % 5, 4), word(i * 2 + 1), i * 0.375 FROM generate_series(0::int8, 12) i;
INSERT INTO r2 SELECT word(i), i % 5, CASE i % 3 WHEN 0 THEN i WHEN 1 THEN i * 1.10 END
  FROM generate_series(0::int8, 11) i;
INSERT INTO l1 SELECT i, i % 4, word(i * 3) FROM generate_series(1::int8, 10) i;

DROP FUNCTION word(int8);

--! reference r1 r2
--! distribute a --key id
--! distribute b --key aid
--! distribute c --key owner
--! distribute k --key kt
--! distribute w --key uid
--! distribute s --key sid
--! distribute e --key id
--! distribute z --key zid

-- Views of them: of what may be pushed down and of what may not.
--! sql CREATE VIEW va AS SELECT id, grp, x, t, upper(t) AS u FROM a WHERE x > 0
--! sql CREATE VIEW vj AS SELECT a.id, a.t, b.bid, b.x, b.n FROM a LEFT JOIN b ON b.aid = a.id
--! sql CREATE VIEW vo (id, x, num) AS SELECT a.id, x, c.num FROM a JOIN c USING (x) WHERE c.num < 20
--! sql CREATE VIEW vg AS SELECT x, count(*) AS n, sum(y)::int8 AS s, max(t) AS t FROM b GROUP BY x
--! sql CREATE VIEW vk AS SELECT aid, count(*) AS n, min(d) AS d FROM b GROUP BY aid
--! sql CREATE VIEW vu AS SELECT aid::int8 AS id, x FROM b UNION ALL SELECT owner, x FROM c
--! sql CREATE VIEW vw AS SELECT bid, x, rank() OVER (PARTITION BY x ORDER BY y NULLS FIRST) AS r FROM b
--! sql CREATE VIEW vn AS SELECT vg.x, vg.n, va.id FROM vg JOIN va ON va.x = vg.x
--! sql CREATE VIEW vl AS SELECT bid, x FROM b ORDER BY x DESC, bid LIMIT 9
--! sql CREATE VIEW vr AS SELECT r1.rid, r1.t, k.v FROM r1 LEFT JOIN k ON k.x = r1.rid
