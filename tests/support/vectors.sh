#!/bin/sh
# Asks a real PostgreSQL 15 what it makes of seeded random values, and writes the answers
# beside the tests that hold the library to them:
#
#   tests/core/numeric_vectors.inc.h   arithmetic, comparison, text
#   tests/core/render_vectors.inc.h    the text of every type that is known in binary form
#   tests/shard/order_vectors.inc.h    pairs of every ordered type
#   tests/shard/combine_vectors.inc.h  partial aggregates, and the aggregate over all rows
#
# usage: PGHOST=... PGPORT=... PGUSER=... tests/support/vectors.sh [SEED]
# The database must be UTF-8. Nothing is left in it.
set -eu
cd "$(dirname "$0")/../.."
seed=${1:-0.15}

ask() { # FILE, then SQL that prints lines of C
    {
        echo "/* Written by tests/support/vectors.sh with seed $seed from PostgreSQL" \
            "$(psql -XAtqc "select current_setting('server_version_num')::int / 10000"). */"
        echo "/* clang-format off */"
        { common; cat; } | psql -XAtq -v ON_ERROR_STOP=1 -v seed="$seed"
        echo "/* clang-format on */"
    } >"$1.new"
    mv "$1.new" "$1"
}

common() {
    cat <<'SQL'
set timezone = 'UTC';
select setseed(:seed) \g /dev/null
create function pg_temp.below(n int) returns int language sql volatile as
    $$ select floor(random() * n)::int $$;
create function pg_temp.pick(of text[]) returns text language sql volatile as
    $$ select of[1 + pg_temp.below(array_length(of, 1))] $$;
-- digits with runs that carry, borrow and vanish
create function pg_temp.digits(most int) returns text language plpgsql volatile as $$
declare n int := 1 + pg_temp.below(most); s text := ''; begin
    while length(s) < n loop
        s := s || pg_temp.pick(array['0000', '9999', '5000', '0001', '4999', '0',
                                     lpad(pg_temp.below(10000)::text, 4, '0')]);
    end loop;
    return left(s, n);
end $$;
create function pg_temp.number() returns text language plpgsql volatile as $$
declare sign text := pg_temp.pick('{"","",-}'); begin
    case pg_temp.below(8)
    when 0 then return pg_temp.pick('{NaN,Infinity,-Infinity,0,0.000,1,-1.0,1.00,0.5,1e15,1e-15}');
    when 1 then return sign || pg_temp.digits(9) || 'e' || pg_temp.below(90) - 45;
    when 2 then return sign || pg_temp.digits(40) || '.' || pg_temp.digits(30);
    when 3 then return sign || pg_temp.pick('{1,2,3,7,9,10,99,9999,10000,10001,0.0001,99999999}');
    else return sign || pg_temp.digits(11) || '.' || pg_temp.digits(6);
    end case;
end $$;
create function pg_temp.a_value(type text) returns text language plpgsql volatile as $$
begin
    case
    when type = 'bool' then return pg_temp.pick('{t,f}');
    when type = 'float4' and random() < 0.7 then
        return pg_temp.pick('{NaN,Infinity,-Infinity,0,-0,1e-45,-1e-45,3.4028235e38,1,1.0000001}');
    when type = 'float8' and random() < 0.7 then
        return pg_temp.pick('{NaN,Infinity,-Infinity,0,-0,5e-324,1e200,-1e200,1.0000000000000002}');
    when type like 'float%' then return (random() * 1000 - 500)::int;
    when type = 'int2' then return (random() * 65535)::int - 32768;
    when type in ('int4', 'int8') then return (random() * 4294967295)::int8 - 2147483648;
    when type = 'oid' then return (random() * 4294967295)::int8;
    when type = 'numeric' then return pg_temp.number();
    when type = '"char"' then return (pg_temp.below(256) - 128)::"char";
    when type = 'date' then
        return pg_temp.pick(array['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31',
                                  (date '2000-01-01' + pg_temp.below(99) - 50)::text]);
    when type = 'time' then
        return pg_temp.pick(array['00:00', '24:00', '23:59:59.999999',
                                  (time '00:00' + random() * interval '86399 s')::text]);
    when type like 'timestamp%' then
        return pg_temp.pick(array['infinity', '-infinity', '1999-12-31 23:59:59.999999',
                                  '4713-01-01 BC', '294276-12-31 23:59:59.999999',
                                  (timestamp '2000-01-01' + random() * interval '1 day')::text]);
    when type = 'interval' then
        return pg_temp.pick(array['1 mon', '30 days', '720:00:00', '1 mon -30 days', '0', '-1 mon',
                                  '-30 days', '2147483647 days', '29 days 24:00:00.000001',
                                  '2147483647 mons 2147483647 days 2562047788:00:54.775807',
                                  '-2147483648 mons -2147483648 days']);
    when type = 'uuid' then return md5(pg_temp.below(20)::text);
    when type = 'bytea' then return '\x' || left(md5(pg_temp.below(9)::text), 2 * pg_temp.below(4));
    else
        return pg_temp.pick(E'{"",a,b,A,é,"\t"}') || pg_temp.pick('{"",a,é,𝄞," "}') ||
               pg_temp.pick(E'{""," ","\t"}');
    end case;
end $$;
-- SQL that yields the binary form as hexadecimal digits, N for NULL
create function pg_temp.sent(type text, what text) returns text language sql as $$
    select format('coalesce(encode(%s(%s), ''hex''), ''N'')', typsend, what)
    from pg_type where oid = type::regtype $$;
create function pg_temp.tried(query text) returns text language plpgsql as $$
declare answer text; begin
    execute query into answer;
    return answer;
exception when others then return '!' || sqlstate;
end $$;
SQL
}

ask tests/core/numeric_vectors.inc.h <<'SQL'
create function pg_temp.numeric(what text) returns text language sql as
    $$ select pg_temp.tried('select ' || pg_temp.sent('numeric', what)) $$;
-- NUMBERS(a, b, a as text, a + b, a - b, a / b, sign of a <=> b)
select format('NUMBERS("%s", "%s", "%s", "%s", "%s", "%s", %s)', encode(numeric_send(a), 'hex'),
              encode(numeric_send(b), 'hex'), a,
              pg_temp.numeric(format('%L::numeric + %L', a, b)),
              pg_temp.numeric(format('%L::numeric - %L', a, b)),
              pg_temp.numeric(format('%L::numeric / %L', a, b)),
              (a > b)::int - (a < b)::int)
from (select pg_temp.number()::numeric a, pg_temp.number()::numeric b
      from generate_series(1, 220) offset 0) pairs;
-- TEXT(text, what it becomes)
select format('TEXT("%s", "%s")', text, pg_temp.numeric(format('%L::numeric', text)))
from (select pg_temp.number() || pg_temp.pick('{"","","",.,e5,e-3," ",x,"e 2",e,"e 7 ",-,.5,_}')
             as text from generate_series(1, 90)
      union all select unnest('{" 1 ",.,.5,5.,-.5,+7,"- 1",--1,"",1e5,1E+5,e5,.e1,+NaN,nan,
      " inf ",-INFINITY,+Infinity,infin,0x1F,1_0,1e131071,1e131072,0.0001e131075,1e-16383,
      1e-16384,0e-16384,0e1073741822,0e1073741823,1e99999999999999999999x,1000e-16386,"1 2"}'
      ::text[])) texts;
SQL

ask tests/core/render_vectors.inc.h <<'SQL'
-- values as far apart as the type allows, beside those of a_value
create function pg_temp.wide(type text) returns text language plpgsql volatile as $$
declare sign text := pg_temp.pick('{"",-}'); begin
    case
    when type = 'float4' and random() < 0.9 then
        return pg_temp.pick(array[sign || random() || 'e' || pg_temp.below(70) - 36,
                                  (2::float8 ^ (pg_temp.below(250) - 125))::text,
                                  sign || pg_temp.below(10) || 'e' || pg_temp.below(14) - 7,
                                  (random() * 20000000)::int::text, '0.1', '1e6', '123456',
                                  '1234567', '0.0001', '0.00001', '16777216']);
    when type = 'float8' and random() < 0.9 then
        return pg_temp.pick(array[sign || random() || 'e' || pg_temp.below(600) - 300,
                                  (2::float8 ^ (pg_temp.below(1800) - 900))::text,
                                  sign || pg_temp.below(10) || 'e' || pg_temp.below(24) - 7,
                                  (random() * 1e16)::int8::text, '0.1', '1e15', '999999999999999',
                                  '1e23', '9007199254740993', '5.684341886080802e-14', '2e-308']);
    when type = '"char"' then return ((32 + pg_temp.below(220) + 128) % 256 - 128)::"char";
    when type = 'interval' then
        return make_interval(pg_temp.below(7) - 3, pg_temp.below(7) - 3, 0, pg_temp.below(5) - 2,
                             pg_temp.below(5) - 2, pg_temp.below(90) - 40,
                             pg_temp.pick('{0,0,0.5,-0.000001,59.999999}')::float8)::text;
    when type = 'date' and random() < 0.6 then
        return (date '4713-01-01 BC' + (random() ^ 8 * 2147483400)::int)::text;
    when type like 'timestamp%' and random() < 0.8 then
        return (timestamp '4713-01-01 BC' + random() ^ 4 * interval '290000 years')::timestamp(2);
    when type in ('json', 'jsonb') then
        return format('{"%s" : [%s, null], "a":%s}', pg_temp.below(9), pg_temp.below(99),
                      pg_temp.pick(array['1.0', 'true', '"\"x\u00e9"', '"t\\t"']));
    else return pg_temp.a_value(type);
    end case;
exception when others then return pg_temp.a_value(type);
end $$;
-- RENDER(type, binary form, text)
create function pg_temp.rendered(type text, n int) returns setof text language plpgsql as $$ begin
    return query execute format(
        $q$ select format('RENDER(%%s, "%%s", "%%s")', %1$L::regtype::oid::int, %3$s,
                          replace(regexp_replace(format('%%s', a), '["\\]', '\\\&', 'g'),
                                  E'\t', '\t'))
            from (select distinct on (v) v::%1$s a
                  from (select pg_temp.wide(%1$L) v from generate_series(1, %2$s) offset 0) w
                  order by v) pairs $q$,
        type, n, pg_temp.sent(type, 'a'));
end $$;
select pg_temp.rendered(type, case when type in ('float4', 'float8', 'interval') then 26 else 9 end)
from unnest('{bool,"\"char\"",oid,uuid,bytea,int2,int4,int8,date,time,timestamp,timestamptz,float4,
float8,numeric,interval,text,varchar,name,bpchar,json,jsonb}'::text[]) type;
SQL

ask tests/shard/order_vectors.inc.h <<'SQL'
-- ORDER(type, a, b, sign of a <=> b)
create function pg_temp.pairs(type text, n int) returns setof text language plpgsql as $$ begin
    return query execute format(
        $q$ select format('ORDER(%%s, "%%s", "%%s", %%s)', %1$L::regtype::oid::int, %3$s, %4$s,
                          (a > b %5$s)::int - (a < b %5$s)::int)
            from (select pg_temp.a_value(%1$L)::%1$s a, pg_temp.a_value(%1$L)::%1$s b
                  from generate_series(1, %2$s) offset 0) pairs $q$,
        type, n, pg_temp.sent(type, 'a'), pg_temp.sent(type, 'b'),
        case when type in ('text', 'varchar', 'bpchar') then 'collate "C"' else '' end);
end $$;
select pg_temp.pairs(type, 14) from unnest('{bool,"\"char\"",oid,uuid,bytea,int2,int4,int8,date,
time,timestamp,timestamptz,float4,float8,numeric,interval,text,varchar,name,bpchar}'::text[]) type;
SQL

ask tests/shard/combine_vectors.inc.h <<'SQL'
-- COMBINE(kind, type, the aggregate over all, "parts|parts|..."); rows are in whole numbers
-- where the rounding of floats would depend on their order
create function pg_temp.combine(kind text, type text, result text, partial text[],
                                partials text[], n int) returns setof text language plpgsql as $$
declare
    part text;
    coll text := case when type in ('text', 'bpchar') then ' collate "C"' else '' end;
begin
    select string_agg(pg_temp.sent(t, format(p, coll)), $q$ || ',' || $q$ order by i) into part
    from unnest(partial, partials) with ordinality as u(p, t, i);
    for i in 1..n loop
        create temp table rows_ as select pg_temp.below(4) shard,
            case when random() < 0.2 then null
                 when kind not in ('SUM', 'AVG') or type not like 'float%'
                     then pg_temp.a_value(type)
                 when i % 2 = 0 then pg_temp.pick('{1,-20,3,0,-0,NaN,Infinity,-Infinity}')
                 when type = 'float4' then pg_temp.pick('{1,2,3,3e38}')
                 else pg_temp.pick('{1,2,3,4,1e308}') end v
            from generate_series(1, pg_temp.below(13));
        execute format('create temp table cells as select shard, v::%s x from rows_', type);
        return next pg_temp.tried(format(
            $q$ select format('COMBINE(%1$s, %2$s, "%%s", "%%s")',
                    pg_temp.tried($t$ select %3$s from cells $t$),
                    string_agg(p, '|' order by shard))
                from (select shard, %4$s p from generate_series(0, 3) shard
                      left join cells using (shard) group by shard) parts $q$,
            kind, type::regtype::oid::int,
            pg_temp.sent(result, format('%s(x%s)', kind, coll)), part));
        drop table rows_, cells;
    end loop;
end $$;
create temp table vectors as
select pg_temp.combine('COUNT', 'int4', 'int8', '{count(x)}', '{int8}', 4) line
union all select pg_temp.combine('SUM', t, 'int8', '{sum(x)}', '{int8}', 8)
          from unnest('{int2,int4}'::text[]) t
union all select pg_temp.combine('SUM', t, 'numeric', '{sum(x)}', '{numeric}', 14)
          from unnest('{int8,numeric}'::text[]) t
union all select pg_temp.combine('SUM', t, t, '{sum(x)}', array[t], 10)
          from unnest('{float4,float8}'::text[]) t
union all select pg_temp.combine('AVG', t, 'numeric', '{sum(x),count(x)}', '{int8,int8}', 14)
          from unnest('{int2,int4}'::text[]) t
union all select pg_temp.combine('AVG', t, 'numeric', '{sum(x),count(x)}', '{numeric,int8}', 24)
          from unnest('{int8,numeric}'::text[]) t
union all select pg_temp.combine('AVG', t, 'float8', '{sum(x::float8),count(x),var_pop(x)}',
                                 '{float8,int8,float8}', 14)
          from unnest('{float4,float8}'::text[]) t
union all select pg_temp.combine(k, t, t, array[k || '(x%s)'], array[t], 4)
          from unnest('{MIN,MAX}'::text[]) k, unnest('{int2,int4,int8,oid,float4,float8,date,time,
          timestamp,timestamptz,interval,numeric,text,bpchar}'::text[]) t
union all select pg_temp.combine(k, 'bool', 'bool', array[k || '(x)'], '{bool}', 5)
          from unnest('{BOOL_AND,BOOL_OR}'::text[]) k
union all select pg_temp.combine(k, t, t, array[k || '(x)'], array[t], 4)
          from unnest('{BIT_AND,BIT_OR}'::text[]) k, unnest('{int2,int4,int8}'::text[]) t;
select line from vectors where line not like '!%';
SQL
