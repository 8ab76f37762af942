"""Expressions of every kind over the columns that are in scope: see generate.py."""
from tree import Expr, Param, Window

CASTS = {"i": "int4", "I": "int8", "n": "numeric", "f": "float8", "t": "text", "b": "bool", "d": "date",
         "z": "timestamptz", "c": "text", "A": "int4[]", "j": "jsonb", "m": "mood", "u": "uuid"}
WORDS = ["apple", "Zebra", "Äpfel", "", "éclair", "ab", "a", "日本", "zz", "STRASSE", "100%"]
DATES = ["2024-01-03", "2000-02-29", "infinity", "0044-03-15 BC", "2024-01-01"]
MOMENTS = ["2024-03-31 02:59:59.999999+00", "infinity", "2024-01-04 12:00:00+00"]
DIRECTIONS = ["", "", "", " DESC", " ASC", " NULLS FIRST", " DESC NULLS LAST", " ASC NULLS LAST"]
RANKS = ["rank()", "dense_rank()", "percent_rank()", "cume_dist()"]


class Column:
    def __init__(self, sql, name, kind, is_key=False, rel=None):
        self.sql, self.name, self.kind, self.is_key, self.rel = sql, name, kind, is_key, rel

    def expr(self):
        return Expr(self.kind, self.sql)


class Scope:
    """What may be named: the columns of a FROM, those that make a row of it unique (None: nothing
    does), and the scope around."""

    def __init__(self, columns, unique, outer=None):
        self.columns, self.unique, self.outer = columns, unique, outer

    def of(self, kinds):
        return [c for c in self.columns if c.kind in kinds]


class Expressions:
    """What a statement draws its expressions with. `rnd`: its lots; `params`, `float`: whether it has
    parameters and inexact floats; `labels`: the constructs that it has."""

    # ---- lots ----

    def chance(self, p):
        return self.rnd.random() < p

    def pick(self, *options):
        return self.rnd.choice(options)

    def name(self, letter):
        self.names += 1
        return f"{letter}{self.names}"

    def has(self, label):
        self.labels.add(label)

    # ---- values ----

    def literal(self, kind, cast=False):
        rnd = self.rnd
        value, text = None, "NULL"
        if kind in "iI":
            value = rnd.choice([0, 1, 2, 3, 4, 5, 7, 7, 9, 20, -1])
            text = str(value)
        elif kind == "n":
            value, text = rnd.choice([("1.0", "1.0"), ("2.5", "2.5"), ("-0.5", "-0.5"), ("NaN", "'NaN'::numeric")])
        elif kind == "f":
            value = rnd.choice([0.0, 0.5, 2.25, 1.0])
            text = f"{value}::float8"
        elif kind in "tc":
            value = rnd.choice(WORDS)
            text = "'" + value.replace("'", "''") + "'"
        elif kind == "b":
            value = rnd.choice([True, False])
            text = "true" if value else "false"
        elif kind == "d":
            value = rnd.choice(DATES)
            text = f"date '{value}'"
        elif kind == "z":
            value = rnd.choice(MOMENTS)
            text = f"timestamptz '{value}'"
        elif kind == "u":
            value = "c4ca4238-a0b9-2382-0dcc-509a6f75849b"
            text = f"'{value}'::uuid"
        elif kind == "A":
            value = rnd.choice(["{}", "{1,2}", "{2,NULL}"])
            text = f"'{value}'::int4[]"
        elif kind == "j":
            value = rnd.choice(["{}", "[1, 2]", "3"])
            text = f"'{value}'::jsonb"
        elif kind == "m":
            value = rnd.choice(["sad", "ok"])
            text = f"'{value}'::mood"
        if self.params and self.chance(0.35):
            wanted = cast or kind in "bc" or self.chance(0.5)
            return Param(kind, value, CASTS[kind] if wanted else None, text)
        if cast and kind == "t":
            text += "::text"
        return Expr(kind, text)

    def column(self, scope, kinds):
        list_ = scope.of(kinds)
        return self.rnd.choice(list_) if list_ else None

    def expr(self, scope, kind, depth=1):
        """An expression of a kind over a scope's columns."""
        found = self.column(scope, kind)
        if depth <= 0 or self.chance(0.45):
            if found and self.chance(0.92):
                return found.expr()
            return self.literal(kind, cast=True)

        def sub(k, d=depth - 1):
            return self.expr(scope, k, d)
        forms = {
            "i": ["{i} + {i}", "{i} - {l}", "{i} * 2", "abs({i})", "coalesce({i}, {l})", "nullif({i}, {l})",
                  "CASE WHEN {p} THEN {i} ELSE {i} END", "length({t})", "{i} % 3", "greatest({i}, {i})",
                  "CASE {i} WHEN 1 THEN 10 WHEN {l} THEN 20 END", "cardinality({A})", "position('a' in {t})",
                  "ascii({t})", "-{i}"],
            "I": ["{I} % 10", "coalesce({I}, {i})", "least({I}, {i})", "{i}::int8", "{I} / 3"],
            "n": ["{n} + 1", "{n} * 2.5", "round({n}, 1)", "{i} * 1.5", "coalesce({n}, 0)", "-{n}", "{i}::numeric / 4",
                  "extract(month FROM {d})", "greatest({n}, {n})"],
            "f": ["{f} * 2", "{f} + {i}", "coalesce({f}, 0)", "abs({f})", "-{f}", "CASE WHEN {p} THEN {f} END",
                  "{i}::float8 / 3"],
            "t": ["upper({t})", "lower({t})", "{t} || 'x'", "left({t}, 2)", "coalesce({t}, '-')", "{i}::text",
                  "CASE WHEN {p} THEN {t} ELSE 'other' END", "replace({t}, 'a', 'b')", "concat({t}, ':', {i})",
                  "substr({t}, 2, 3)", "reverse({t})", "to_char({d}, 'YYYY-MM')", "{m}::text", "{js} ->> 'a'",
                  "nullif({t}, '')", "trim({t})", "md5({t})", "format('%s-%s', {t}, {i})"],
            "c": ["upper({c})", "{c} || 'x'", "coalesce({c}, '-')", "{t} COLLATE \"C\"", "{t} COLLATE \"C\""],
            "b": ["{p}", "{p}", "NOT {b}", "coalesce({b}, false)"],
            "d": ["coalesce({d}, {ld})", "greatest({d}, {ld})", "CASE WHEN {p} THEN {d} END", "{z}::date"],
            "z": ["date_trunc('day', {z})", "coalesce({z}, {lz})", "least({z}, {z})"],
            "A": ["{A} || {i}", "ARRAY[{i}, {i}]", "coalesce({A}, '{{}}')"],
            "j": ["to_jsonb({i})", "jsonb_build_object('k', {i})", "{j} -> 'a'", "coalesce({j}, '0')"],
            "m": ["coalesce({m}, 'ok')"],
            "u": ["coalesce({u}, {u})"],
        }
        row = self.row_of(scope)
        if row and kind in "tj" and self.chance(0.06):
            self.has("whole_row")
            return Expr(kind, self.pick(f"to_jsonb({row})", f"to_jsonb({row}.*)") if kind == "j" else f"row_to_json({row})::text")
        form = self.rnd.choice(forms[kind])
        if not scope.of("i") and "{js}" in form:
            form = "{t} || 'y'"
        args, text, at = [], "", 0
        holes = {"l": lambda: self.literal("i"), "ld": lambda: self.literal("d"), "lz": lambda: self.literal("z"),
                 "p": lambda: self.predicate(scope, depth - 1), "js": lambda: sub("j")}
        while at < len(form):
            if form.startswith("{{}}", at):
                text, at = text + "{{}}", at + 4
            elif form[at] == "{":
                end = form.index("}", at)
                hole = form[at + 1:end]
                args.append(holes[hole]() if hole in holes else sub(hole))
                text, at = text + "{}", end + 1
            else:
                text, at = text + form[at], at + 1
        simple = text.endswith(")") and text.count("(") == 1 and text[0].isalpha()
        if not args:
            text = text.replace("{{}}", "{}")
        return Expr(kind, text if simple else f"({text})", *args)

    def row_of(self, scope):
        """The name of a table that is in scope, for its row as a value; None: there is none."""
        names = sorted({c.rel for c in scope.columns if c.rel in self.rows})
        return self.rnd.choice(names) if names else None

    # ---- conditions ----

    def predicate(self, scope, depth=1):
        if depth > 0 and self.chance(0.3):
            form = self.pick("({} AND {})", "({} OR {})", "({} OR {})", "NOT ({})", "({}) IS NOT TRUE")
            return Expr("b", form, *[self.predicate(scope, depth - 1) for _ in range(form.count("{}"))])
        if self.chance(0.08):
            found = self.odd_predicate(scope)
            if found:
                return found
        kinds = [k for k in "iiiItttnfdzbcmA" if scope.of(k)] or ["i"]
        kind = self.rnd.choice(kinds)
        left = self.expr(scope, kind, depth - 1)
        if isinstance(left, Param) or left.form[:1] in "'0123456789-":
            left = self.expr(scope, kind, 0)
        if self.chance(0.12):
            return Expr("b", self.pick("{} IS NULL", "{} IS NOT NULL"), left)
        if kind == "b":
            return Expr("b", self.pick("{}", "NOT {}", "{} IS TRUE", "{} IS NOT FALSE", "{} IS UNKNOWN"), left)
        if kind == "A":
            return Expr("b", self.pick("{} @> '{{1}}'", "cardinality({}) > 1", "1 = ANY ({})"), left)
        if kind in "tc" and self.chance(0.3):
            pattern = self.pick("'a%'", "'%a%'", "'_p%'", "'%\\\\%'", "'Z%'", "'%é%'")
            return Expr("b", "{} " + self.pick("LIKE", "NOT LIKE", "ILIKE") + " " + pattern, left)
        if self.chance(0.15):
            items = [self.literal(kind) for _ in range(self.rnd.randint(1, 4))]
            if self.chance(0.15):
                items.append(Expr(kind, "NULL"))
            return Expr("b", "{} " + self.pick("IN", "IN", "NOT IN") + f" ({', '.join(['{}'] * len(items))})", left, *items)
        if self.chance(0.15):
            return Expr("b", "{} " + self.pick("", "", "NOT ") + "BETWEEN {} AND {}", left, self.literal(kind),
                        self.literal(kind))
        if self.params and kind in "iI" and self.chance(0.15):
            return Expr("b", "{} = ANY ({})", left, Param("A", "{1,2,3,7,NULL}", None, "'{1,2,3,7,NULL}'"))
        right = self.expr(scope, kind, 0) if self.chance(0.35) else self.literal(kind)
        op = self.pick("=", "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
        return Expr("b", f"{{}} {op} {{}}", left, right)

    def odd_predicate(self, scope):
        """Moments, rows, other types and other collations; None: nothing of the kind."""
        row = self.row_of(scope)
        forms = [("mixed_types", "i", "{} = " + self.pick("2.0", "3::int8", "1.5", "'7'", "2::float8", "NULL")),
                 ("mixed_types", "I", "{} " + self.pick("< 7.5", "= 7::int2", ">= '3'", "= 7.0")),
                 ("collate", "t", "{} COLLATE \"C\" " + self.pick("< 'b'", "= 'apple'", ">= 'Z'")),
                 ("collate", "t", "{} " + self.pick("< 'b'", ">= 'Z'") + " COLLATE \"de-x-icu\""),
                 ("moment", "z", "{} " + self.pick("< now()", ">= current_timestamp", "= now()", "> now() - interval '90 years'")),
                 ("moment", "d", "{} " + self.pick("< current_date", ">= current_date", "<> now()"))]
        forms = [f for f in forms if scope.of(f[1])]
        if row and self.chance(0.3):
            self.has("whole_row")
            return Expr("b", self.pick(f"{row} IS NOT NULL", f"({row}.*) IS NULL", f"row_to_json({row}) IS NOT NULL"))
        if not forms:
            return None
        label, kind, form = self.rnd.choice(forms)
        self.has(label)
        return Expr("b", form, self.column(scope, kind).expr())

    # ---- aggregates and windows ----

    def aggregate(self, scope, depth=1):
        """(expression) over the rows of a group."""
        def e(kinds):
            kinds = [k for k in kinds if scope.of(k)] or kinds[:1]
            return self.expr(scope, self.rnd.choice(kinds), 0 if self.chance(0.7) else 1)
        row = self.row_of(scope)
        if row and self.chance(0.04):
            self.has("whole_row")
            form = self.pick(f"count({row})", f"count(DISTINCT {row})", f"count({row}.*)")
            return self.filtered(scope, Expr("I", form, label="aggregate"))
        what = self.rnd.random()
        if self.float and what < 0.6:
            form = self.pick("sum({})", "avg({})", "stddev({})", "variance({})", "avg({})", "var_pop({})", "corr({}, {})",
                             "regr_slope({}, {})", "covar_samp({}, {})")
            column = [c for c in scope.of("f") if c.name == "f"]
            if column:
                args = [Expr("f", self.rnd.choice(column).sql)]
                if form in ("sum({})", "avg({})") and self.chance(0.6):
                    args = [Expr("f", f"({args[0].form} * 0.1)")]
                if form.count("{}") == 2:
                    args.append(Expr("f", "({}::float8)", self.expr(scope, "i", 0)))
                return self.filtered(scope, Expr("fx", form, *args, label="aggregate"))
        if what < 0.5:
            kind, form, of = self.pick(("I", "count(*)", ""), ("I", "count({})", "itbdn"), ("I", "sum({})", "i"),
                                       ("n", "sum({})", "I"), ("n", "sum({})", "n"), ("n", "avg({})", "iIn"),
                                       ("b", "bool_and({})", "b"), ("b", "every({})", "b"), ("b", "bool_or({})", "b"),
                                       ("i", "bit_or({})", "i"), ("i", "bit_and({})", "i"), ("n", "stddev({})", "i"),
                                       ("n", "var_pop({})", "i"), ("min", "min({})", "itcdznfI"),
                                       ("min", "max({})", "itcdznfI"))
            args = [e(of)] if of else []
            if kind == "min":
                kind = args[0].kind
            return self.filtered(scope, Expr(kind, form, *args, label="aggregate"))
        if what < 0.65:
            self.has("aggregate_distinct")
            kind, form, of = self.pick(("I", "count(DISTINCT {})", "itdnbc"), ("I", "sum(DISTINCT {})", "i"),
                                       ("n", "avg(DISTINCT {})", "in"), ("t", "string_agg(DISTINCT {}, ',')", "t"),
                                       ("A", "array_agg(DISTINCT {})", "i"))
            return self.filtered(scope, Expr(kind, form, e(of), label="aggregate"))
        if what < 0.85:
            self.has("aggregate_order")
            kind, form, of = self.pick(("t", "string_agg({0}, ',' ORDER BY {0})", "t"),
                                       ("t", "string_agg({0}, '|' ORDER BY {0} DESC)", "c"),
                                       ("A", "array_agg({0} ORDER BY {0})", "i"),
                                       ("A", "array_agg({0} ORDER BY {0} DESC NULLS LAST)", "i"),
                                       ("j", "jsonb_agg({0} ORDER BY {0})", "i"),
                                       ("j", "jsonb_agg({0} ORDER BY {0})", "t"))
            column = self.column(scope, of) or self.column(scope, "i")
            if column is None:
                return Expr("I", "count(*)", label="aggregate")
            if column.kind not in of:
                kind, form = "A", "array_agg({0} ORDER BY {0})"
            return self.filtered(scope, Expr(kind, form, column.expr(), label="aggregate"))
        if what < 0.92:
            self.has("ordered_set")
            kind, form, of = self.pick(("f", "percentile_cont(0.5) WITHIN GROUP (ORDER BY {})", "f"),
                                       ("i", "percentile_disc(0.3) WITHIN GROUP (ORDER BY {})", "i"),
                                       ("i", "mode() WITHIN GROUP (ORDER BY {})", "i"),
                                       ("t", "percentile_disc(0.5) WITHIN GROUP (ORDER BY {})", "t"),
                                       ("t", "mode() WITHIN GROUP (ORDER BY {})", "t"))
            column = self.column(scope, of)
            if column:
                return self.filtered(scope, Expr(kind, form, column.expr(), label="aggregate"))
        form = self.pick("sum({}) + count(*)", "max({0}) - min({0})", "coalesce(sum({}), 0)", "count(*) * 2",
                         "CASE WHEN count(*) > 2 THEN sum({}) END", "round(avg({}), 3)", "count(*) - count({})")
        return Expr("n" if "avg" in form else "I" if "max" not in form else "i", f"({form})",
                    *([self.expr(scope, "i", 0)] if "{" in form else []), label="aggregate")

    def filtered(self, scope, aggregate):
        if self.chance(0.2):
            self.has("aggregate_filter")
            return Expr(aggregate.kind, "{} FILTER (WHERE {})", aggregate, self.predicate(scope, 0), label="aggregate")
        return aggregate

    def ordered_set(self, scope):
        for _ in range(20):
            before = self.labels - {"ordered_set"}
            found = self.aggregate(scope)
            if "ordered_set" in self.labels:
                return found
            self.labels = before
        return self.aggregate(scope)

    def window(self, scope, on_key=None, plain=True):
        """(expression, window) of a window function."""
        keys = [c for c in scope.columns if c.is_key]
        partition = []
        if (on_key or on_key is None and self.keyed) and keys:
            partition = [self.rnd.choice(keys).expr()]
            self.has("window_on_key")
        else:
            free = [c for c in scope.columns if not c.is_key and c.kind in "itbd"]
            if free and self.chance(0.6):
                partition = [self.rnd.choice(free).expr()]
            self.has("window_off_key")
        some = [c for c in scope.columns if c.kind in "itdIcn"]
        order = [self.rnd.choice(some).sql + self.rnd.choice(DIRECTIONS)] if some else []
        total = scope.unique is not None and [*order, *scope.unique]
        what = self.rnd.random() * (2 if self.float and plain else 1)
        ints = self.column(scope, "i") or Column("1", "one", "i")
        if what < 0.3 and order:
            form = self.rnd.choice(RANKS)
            kind = "f" if form in ("percent_rank()", "cume_dist()") else "I"
            return Expr(kind, form + " OVER {}", Window(partition, order), label="window")
        if what < 0.6 and total:
            kind, form = self.pick(("I", "row_number()"), ("i", f"lag({ints.sql})"), ("i", f"lead({ints.sql}, 2, -1)"),
                                   ("i", f"first_value({ints.sql})"), ("i", f"last_value({ints.sql})"),
                                   ("i", f"nth_value({ints.sql}, 2)"), ("i", "ntile(3)"))
            frame = ""
            if "value" in form and self.chance(0.6):
                frame = self.pick("ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
                                  "ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING")
            return Expr(kind, form + " OVER {}", Window(partition, total, frame), label="window")
        if what < 0.75 and total:
            form, kind = self.pick((f"sum({ints.sql})", "I"), ("count(*)", "I"), (f"max({ints.sql})", "i"),
                                   (f"avg({ints.sql})", "n"))
            frame = self.pick("ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", "ROWS 3 PRECEDING",
                              "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW")
            return Expr(kind, form + " OVER {}", Window(partition, total, frame), label="window")
        floats = [c for c in scope.of("f") if c.name == "f"]
        if self.float and floats and plain and self.chance(0.8):
            return Expr("fx", f"avg({floats[0].sql} * 0.1) OVER {{}}", Window(partition, order), label="window")
        form, kind = self.pick((f"sum({ints.sql})", "I"), ("count(*)", "I"), (f"min({ints.sql})", "i"),
                               (f"count({ints.sql})", "I"))
        if self.chance(0.2):
            self.has("window_filter")
            return Expr(kind, form + " FILTER (WHERE {}) OVER {}", self.predicate(scope, 0),
                        Window(partition, order if self.chance(0.7) else []), label="window")
        frame = ""
        by_int = order and next((c for c in some if order[0].startswith(c.sql)), None)
        if by_int and by_int.kind == "i" and self.chance(0.15):
            frame = self.pick("RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING", "RANGE 2 PRECEDING EXCLUDE TIES",
                              "RANGE BETWEEN 1 FOLLOWING AND 3 FOLLOWING")
        elif order and self.chance(0.4):
            frame = self.pick("RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
                              "GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW",
                              "RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES",
                              "GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE GROUP")
        return Expr(kind, form + " OVER {}", Window(partition, order if self.chance(0.7) or frame else [], frame),
                    label="window")
