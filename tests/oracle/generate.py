"""Random SELECTs over the tables of data.sql, each with the constructs that it has.

Statement number I of seed S is always the same one: each has lots of its own. A statement begins
with a construct that it must have (FOCUS), the rest is drawn. Kinds of expressions are letters:

    i int4   I int8   n numeric   f float8   t text (ICU)   c text COLLATE "C"   b bool   d date
    z timestamptz   u uuid   j jsonb   A int4[]   m mood
    fx  float8 whose last digits depend on the order of summing; only shown, never compared

What a rule keeps out, and why: text made of a numeric or a float (one of several equal
representations stands for a group, and the text would show which); sums that overflow; LIMIT in a
subquery without an order that decides everything; row_number() and its like without one.
"""
import copy
import random

from expressions import Column, Expressions, Scope, DIRECTIONS
from shapes import Shapes, TABLES, VIEWS
from tree import Cte, Derived, Expr, Item, Join, Param, Select, SetOp, Table, Values, Window, walk

# (construct, weight); those that the run must have in 3 of 100 statements are in run.py.
FOCUS = [
    ("plain", 8), ("route", 6), ("join_on_key", 7), ("join_off_key", 7), ("left_join", 3), ("full_on_key", 2),
    ("full_off_key", 8), ("cross_join", 2), ("using_natural", 4), ("lateral", 8), ("group_by", 6),
    ("aggregate_only", 6), ("grouping_sets", 10), ("ordered_set", 4), ("distinct", 4), ("distinct_on", 9),
    ("window_on_key", 4), ("window_off_key", 7), ("window_over_aggregate", 3), ("scalar_subquery", 4),
    ("exists", 4), ("not_in", 7), ("in_subquery", 4), ("correlated_on_key", 4), ("correlated_off_key", 6),
    ("cte", 4), ("nested_cte", 9), ("recursive", 8), ("set_operation", 8), ("values", 3), ("with_ties", 3),
    ("from_subquery", 5), ("limit_subquery", 3), ("view", 6), ("group_by_key", 4), ("natural_three", 2), ("many_tables", 1),
    ("deep", 3),
]


class Statement(Shapes, Expressions):
    def __init__(self, seed, number):
        self.rnd = random.Random(f"{seed}:{number}")
        self.labels = set()
        self.names = 0
        self.params = self.chance(0.3)
        self.float = self.chance(0.7)
        self.keyed = self.chance(0.3)  # whatever can be by the shard key is: what may be pushed down
        names, weights = zip(*FOCUS)
        self.focus = self.rnd.choices(names, weights)[0]
        self.ctes = []  # (name, columns) in scope
        self.rows = set()  # the names of tables whose rows may be values
        self.shadows = set()  # tables whose names are those of WITH queries
        self.query = self.top()
        self.label_all()

    # ---- FROM ----

    def table(self, names=None):
        """(node, scope) of a table."""
        renames = names is None and self.chance(0.05)
        if names is None:
            names = self.rnd.choices(["a", "b", "c", "k", "w", "s", "e", "r1", "r2", "l1", self.rnd.choice(VIEWS)],
                                     [30, 25, 20, 9, 5, 6, 2, 9, 5, 0.4, 6])
        name = self.rnd.choice(names)
        bare = self.chance(0.1) and name not in self.shadows
        alias = name if bare else self.name(name[0])
        text, unique, key, how = TABLES[name]
        if how != "shards" and how != "reference":
            self.has(how)
        parts = [part.split() for part in text.split(",")]
        called = {column: column for column, _ in parts}
        if renames and not bare:
            self.has("column_aliases")
            called.update((column, self.label("n")) for column, _ in parts[:self.rnd.randint(1, len(parts))])
        columns = [Column(column if bare else f"{alias}.{called[column]}", called[column], kind, column == key, alias)
                   for column, kind in parts]
        if bare:
            self.has("bare_names")
        node = self.dress(Table(name, alias))
        if name in self.shadows:
            node.prefix = "public."
        if not bare and how in ("shards", "reference"):
            self.rows.add(alias)
        if any(called[c] != c for c in called):
            node.names = [called[column] for column, _ in parts if called[column] != column]
        return node, Scope(columns, unique and [u if bare else f"{alias}.{called[u]}" for u in unique])

    def star(self):
        """(SELECT * FROM a table): the names that it has are not in the text."""
        self.has("star")
        node, scope = self.table()
        query = Select([Item(c.expr(), c.name) for c in scope.columns], [node])
        for item, column in zip(query.items, scope.columns):
            item.is_key = column.is_key
        query.star = True
        query.where = self.conditions(scope, 0, self.rnd.choice([0, 1]))
        return self.derived(query)

    def derived(self, query, lateral=False, rename=True):
        alias = self.name("q")
        rename = rename and self.chance(0.2) or isinstance(query, Values)
        names = [self.name("c") for _ in query.items] if rename else None
        columns = self.columns_of(query, alias, names)
        return Derived(query, alias, lateral, names), Scope(columns, self.unique_of(columns))

    def columns_of(self, query, alias, names=None):
        out = []
        for i, item in enumerate(query.items):
            name = names[i] if names else item.alias
            kind = query.kinds[i] if isinstance(query, Values) else item.kind
            out.append(Column(f"{alias}.{name}", name, kind, getattr(item, "is_key", False), alias))
        return out

    def unique_of(self, columns):
        return [c.sql for c in columns if c.kind != "fx"]

    def values(self):
        self.has("values")
        kinds = self.rnd.choices("itnd", k=self.rnd.randint(1, 3))
        query = Values([[self.literal(k, cast=True) for k in kinds] for _ in range(self.rnd.randint(1, 4))])
        query.kinds = kinds
        query.items = [Item(Expr(k, "?"), None) for k in kinds]
        return query

    def source(self, depth, plain=False):
        """A table most of the time, else what stands for one."""
        if depth > 0 and not plain and self.chance(0.22):
            what = self.rnd.random()
            if what < 0.2:
                return self.derived(self.values())
            if what < 0.3:
                alias = self.name("g")
                node = Table("generate_series(1, 3)", f"AS {alias}(x)")
                return node, Scope([Column(f"{alias}.x", "x", "i", False, alias)], [f"{alias}.x"])
            if what < 0.45:
                return self.star()
            self.has("from_subquery")
            return self.derived(self.subquery(depth - 1))
        if self.ctes and self.chance(0.5):
            name, columns = self.rnd.choice(self.ctes)
            return self.cte_reference(name, columns)
        return self.table()

    def cte_reference(self, name, columns):
        alias = self.name("z")
        out = [Column(f"{alias}.{c.name}", c.name, c.kind, c.is_key, alias) for c in columns]
        return Table(name, alias), Scope(out, self.unique_of(out))

    def joined(self, left, right, on_key=None, how=None):
        """Two sources become one; the names of both sides are in scope."""
        (l_node, l_scope), (r_node, r_scope) = left, right
        unique = None if l_scope.unique is None or r_scope.unique is None else l_scope.unique + r_scope.unique
        scope = Scope(l_scope.columns + r_scope.columns, unique)
        how = how or self.rnd.choices(["INNER", "LEFT", "RIGHT", "FULL"], [55, 25, 10, 10])[0]
        keys = [(x, y) for x in l_scope.columns for y in r_scope.columns if x.is_key and y.is_key
                and (x.kind == y.kind or {x.kind, y.kind} == {"i", "I"})]
        others = [(x, y) for x in l_scope.columns for y in r_scope.columns if x.kind == y.kind and x.kind in "itdI"
                  and not (x.is_key and y.is_key)]
        same = on_key if on_key is not None else self.keyed or self.chance(0.6)
        if same and keys:
            x, y = self.rnd.choice(keys)
            self.has("join_on_key")
        elif others:
            x, y = self.rnd.choice([o for o in others if o[0].kind in "it" and o[0].name not in ("bid", "num", "v")] or others)
            if x.rel and y.rel and self.is_sharded(l_node) and self.is_sharded(r_node):
                self.has("full_off_key" if how == "FULL" else "join_off_key")
        elif keys:
            x, y = self.rnd.choice(keys)
        else:
            self.has("cross_join")
            return Join("CROSS", l_node, r_node), scope
        self.has({"INNER": "inner_join", "LEFT": "left_join", "RIGHT": "right_join", "FULL": "full_join"}[how])
        cast = self.pick("::int8", "::numeric", "::float8") if x.kind in "iI" and self.chance(0.06) else ""
        sides = (x.sql + cast, y.sql) if self.chance(0.5) else (y.sql, x.sql + cast)
        on = [Expr("b", f"{sides[0]} = {sides[1]}")]
        if self.chance(0.25) and how != "FULL":
            on.append(self.predicate(scope, 0) if self.chance(0.85) else self.exists(scope))
        return Join(how, l_node, r_node, on), scope

    def is_sharded(self, node):
        return any(isinstance(n, Table) and TABLES.get(n.name, ("", [], None, ""))[3] in ("shards", "view") for _, n in walk(node))

    def renamed(self, columns):
        """A child of a, with its key under the parent's name."""
        node, scope = self.table(["b", "c", "s"])
        keys = [c for c in scope.columns if c.is_key]
        others = [c for c in scope.columns if not c.is_key]
        chosen = [(keys[0], "id")] + [(c, self.name("c")) for c in self.rnd.sample(others, columns)]
        query = Select([Item(c.expr(), name) for c, name in chosen], [node])
        query.items[0].is_key = True
        query.distinct = self.pick(None, None, "all")
        return self.derived(query, rename=False)

    def using(self, depth):
        """A join by a name that both sides have."""
        if self.chance(0.3):
            left, right = self.table(["a"]), self.renamed(2)
            return self.merge(left, right, ["id"], self.chance(0.3), True)
        left, right = self.pick(("a", "c"), ("b", "k"), ("c", "s"), ("a", "b"), ("k", "c"), ("s", "r1"), ("b", "c"), ("a", "e"))
        left, right = self.table([left]), self.table([right])
        shared = [c.name for c in left[1].columns if c.name in {d.name for d in right[1].columns}]
        natural = self.chance(0.3)
        names = shared if natural else [self.rnd.choice([n for n in shared if n != "t"] or shared)]
        return self.merge(left, right, names, natural, False)

    def merge(self, left, right, names, natural, on_key):
        (l_node, l_scope), (r_node, r_scope) = left, right
        how = self.rnd.choices(["INNER", "LEFT", "RIGHT", "FULL"], [50, 25, 10, 15])[0]
        merged = [Column(n, n, next(c.kind for c in l_scope.columns if c.name == n), on_key) for n in names]
        rest = [c for c in l_scope.columns + r_scope.columns if c.name not in names]
        unique = [u.split(".")[-1] if u.split(".")[-1] in names else u for u in l_scope.unique + r_scope.unique]
        self.has("using_natural")
        self.has({"INNER": "inner_join", "LEFT": "left_join", "RIGHT": "right_join", "FULL": "full_join"}[how])
        if not on_key:
            self.has("full_off_key" if how == "FULL" else "join_off_key")
        node = Join(("NATURAL " + how) if natural else how, l_node, r_node, None, None if natural else names)
        return node, Scope(merged + rest, unique)

    def lateral(self, left, depth):
        self.has("lateral")
        l_node, l_scope = left
        ints = l_scope.of("i")
        if ints and self.chance(0.15):
            alias, column = self.name("g"), self.rnd.choice(ints)
            function = self.pick(f"generate_series(1, {column.sql} % 4)", f"unnest(ARRAY[{column.sql}, 1])")
            scope = Scope(l_scope.columns + [Column(f"{alias}.z", "z", "i", False, alias)], l_scope.unique + [f"{alias}.z"])
            return Join("CROSS", l_node, Table(f"LATERAL {function}", f"AS {alias}(z)")), scope
        inner_node, inner_scope = self.table(["b", "c", "a", "s", "r1"])
        sub = self.select_from(inner_node, inner_scope, depth - 1, correlate=l_scope,
                               style=self.pick("aggregate", "limit", "plain"))
        node, scope = self.derived(sub, lateral=True)
        how = self.pick("LEFT", "CROSS", "INNER")
        if how == "CROSS":
            joined = Join("CROSS", l_node, node)
        else:
            joined = Join(how, l_node, node, [Expr("b", "true")])
        unique = None if l_scope.unique is None else l_scope.unique + (scope.unique or [])
        return joined, Scope(l_scope.columns + scope.columns, unique)

    def from_clause(self, depth, focus):
        if focus in ("using_natural",):
            return self.using(depth)
        if focus == "full_on_key":
            return self.joined(self.table(["a", "b"]), self.table(["b", "c", "a"]), True, "FULL")
        if focus == "full_off_key":
            out = self.joined(self.table(["a", "b", "c"]), self.table(["b", "c", "k", "s"]), False, "FULL")
        elif focus == "join_on_key":
            out = self.joined(self.table(["a"]), self.table(["b", "c", "s"]), True)
            if self.chance(0.5):
                out = self.joined(out, self.table(["b", "c", "s", "a"]), True)
            return out
        elif focus == "join_off_key":
            out = self.joined(self.table(["a", "b", "c", "k"]), self.table(["b", "c", "k", "s", "w"]), False)
        elif focus == "left_join":
            out = self.joined(self.table(["a", "b", "r1"]), self.source(depth), None, self.pick("LEFT", "RIGHT"))
        elif focus == "cross_join":
            self.has("cross_join")
            left, right = self.table(["a", "b", "c"]), self.table(["r1", "r2", "e"])
            return Join("CROSS", left[0], right[0]), Scope(left[1].columns + right[1].columns,
                                                           left[1].unique + right[1].unique)
        elif focus == "natural_three":
            return self.natural_three()
        elif focus == "many_tables":
            return self.many_tables()
        elif focus == "deep":
            return self.deep()
        elif focus == "view":
            out = self.table(VIEWS)
            if self.chance(0.5):
                out = self.joined(out, self.table(["a", "b", "c", "k", "r1", *VIEWS]))
            return out
        elif focus in ("window_on_key", "window_off_key") and self.chance(0.15):
            self.has("window_twice")
            return self.derived(self.select_from(*self.table(["a", "b", "c"]), 0, style="window"))
        elif focus == "lateral":
            return self.lateral(self.table(["a", "b", "c", "k"]), depth)
        elif focus == "values":
            out = self.joined(self.table(["a", "b", "c"]), self.derived(self.values()), False)
        elif focus == "from_subquery":
            self.has("from_subquery")
            out = self.derived(self.subquery(depth - 1))
            if self.chance(0.5):
                out = self.joined(out, self.table())
            return out
        elif focus == "limit_subquery":
            self.has("limit_subquery")
            node, scope = self.table(["a", "b", "c"])
            out = self.derived(self.select_from(node, scope, 0, style="limit"))
            return self.joined(out, self.table(["b", "c", "k"])) if self.chance(0.6) else out
        else:
            out = self.source(depth) if focus is None else self.table(["a", "a", "b", "b", "c", "k", "w", "s"])
        extra = self.rnd.choices([0, 1, 2], [70, 24, 6])[0] if depth > 0 else 0
        for _ in range(extra):
            out = self.joined(out, self.source(depth))
        return out

    # ---- subqueries ----

    def correlation(self, inner, outer, on_key=None):
        """A condition between a subquery and the query around it."""
        keys = [(x, y) for x in inner.columns for y in outer.columns if x.is_key and y.is_key
                and (x.kind == y.kind or {x.kind, y.kind} == {"i", "I"})]
        others = [(x, y) for x in inner.columns for y in outer.columns if x.kind == y.kind and x.kind in "itd"
                  and not (x.is_key and y.is_key)]
        if keys and (on_key or on_key is None and (self.keyed or self.chance(0.5))):
            self.has("correlated_on_key")
            x, y = self.rnd.choice(keys)
            return Expr("b", f"{x.sql} = {y.sql}")
        if not others:
            return None
        self.has("correlated_off_key")
        x, y = self.rnd.choice(others)
        return Expr("b", f"{x.sql} {self.pick('=', '=', '=', '<', '<>', '>=')} {y.sql}")

    def inner(self, outer, correlated, on_key=None):
        """FROM and WHERE of a subquery: (node, scope, conditions)."""
        node, scope = self.table(["a", "b", "c", "k", "s", "r1"] if not on_key else ["a", "b", "c", "s"])
        where = []
        if correlated:
            condition = self.correlation(scope, outer, on_key)
            if condition:
                where.append(condition)
            if condition and self.chance(0.15):
                where.append(self.correlation(scope, outer, on_key) or condition)
        if self.chance(0.5):
            where.append(self.predicate(scope, 0))
        return node, scope, where

    def of_two_columns(self, outer):
        """The same subquery asked with two columns of the query around it."""
        node, scope = self.table(["a", "b", "c", "k", "s"])
        outers = [y for y in outer.columns if y.kind == "i"]
        inners = [x for x in scope.columns if x.kind == "i" and not x.is_key]
        if not outers or not inners:
            return Expr("i", "0")
        self.has("correlated_off_key")
        x, other = self.rnd.choice(inners), [self.predicate(scope, 0)] if self.chance(0.4) else []
        item = Item(Expr("i", self.pick("count(*)::int4", f"max({x.sql})", f"min({self.rnd.choice(inners).sql})"),
                         label="aggregate"), None)
        queries = []
        for _ in range(2):
            where = [Expr("b", f"{x.sql} = {self.rnd.choice(outers).sql}")] + copy.deepcopy(other)
            queries.append(self.simple_select([copy.deepcopy(item)], copy.deepcopy(node), where))
        return Expr("i", "coalesce(({}), -1) - coalesce(({}), -1)", *queries)

    def simple_select(self, items, node, where):
        query = Select(items, [node])
        query.where = where
        return query

    def scalar(self, outer, kind="i", correlated=None, on_key=None):
        self.has("scalar_subquery")
        correlated = self.chance(0.6) if correlated is None else correlated
        if kind == "i" and correlated and not on_key and self.chance(0.2):
            return self.of_two_columns(outer)
        node, scope, where = self.inner(outer, correlated, on_key)
        if self.chance(0.25) and scope.of(kind):
            column = self.column(scope, kind)
            query = self.simple_select([Item(column.expr(), None)], node, where)
            query.order, query.limit = "all", 1
            return Expr(kind, "({})", query)
        if kind == "i":
            form = self.pick("count(*)::int4", "max({})", "min({})", "count({})::int4")
            expr = Expr("i", form, self.expr(scope, "i", 0), label="aggregate") if "{}" in form else Expr("i", form, label="aggregate")
        else:
            expr = Expr(kind, "max({})", self.expr(scope, kind, 0), label="aggregate")
        return Expr(kind, "({})", self.simple_select([Item(expr, None)], node, where))

    def exists(self, outer, correlated=True, on_key=None):
        self.has("exists")
        node, scope, where = self.inner(outer, correlated, on_key)
        if self.chance(0.15):
            self.has("correlated_twice")
            around = Scope(scope.columns + outer.columns, None)
            where.append(self.member(around, False, True) if self.chance(0.5) else
                         Expr("b", "{} <= {}", self.expr(around, "i", 0), self.scalar(around, "i", True)))
        query = self.simple_select([Item(Expr("i", "1"), None)], node, where)
        return Expr("b", self.pick("EXISTS ({})", "NOT EXISTS ({})"), query)

    def member(self, outer, negated, correlated=None, on_key=None):
        self.has("not_in" if negated else "in_subquery")
        kind = self.rnd.choice([k for k in "iiIt" if outer.of(k)] or ["i"])
        correlated = self.chance(0.3) if correlated is None else correlated
        node, scope, where = self.inner(outer, correlated, on_key)
        if not scope.of(kind):
            kind = "i"
        query = self.simple_select([Item(self.expr(scope, kind, 0), None)], node, where)
        left = self.expr(outer, kind, 0)
        if kind == "i" and self.chance(0.1):
            query = self.values_query(outer)
        elif self.chance(0.12):
            self.has("row_in")
            query.items.append(Item(self.expr(scope, "i", 0), None))
            return Expr("b", "({}, {}) NOT IN ({})" if negated else "({}, {}) IN ({})", left, self.expr(outer, "i", 0), query)
        if not negated and self.chance(0.2):
            op = self.pick("= ANY", "<= ALL", "> ANY", "<> ALL")
            return Expr("b", f"{{}} {op} ({{}})", left, query)
        return Expr("b", "{} NOT IN ({})" if negated else "{} IN ({})", left, query)

    # ---- SELECT ----

    def item(self, expr, is_key=False):
        item = Item(expr, self.label("c"), self.rnd.random(), self.rnd.choice(DIRECTIONS), self.pick("position", "name", "again"))
        item.is_key = is_key
        return item

    def some_kind(self, scope):
        kinds = [k for k in "iiittInnfdbzcmAju" if scope.of(k)] or ["i"]
        return self.rnd.choice(kinds)

    def plain_items(self, scope, count=None):
        items = []
        for _ in range(count or self.rnd.randint(1, 4)):
            if self.chance(0.03):
                items.append(self.item(self.pick(self.array_query, self.case_query)(scope)))
            elif self.chance(0.6):
                column = self.rnd.choice([c for c in scope.columns if c.kind != "fx"] or [Column("1", "one", "i")])
                items.append(self.item(column.expr(), column.is_key))
            else:
                items.append(self.item(self.expr(scope, self.some_kind(scope), 2)))
        return items

    def conditions(self, scope, depth, count):
        out = []
        for _ in range(count):
            if depth > 0 and self.chance(0.15):
                out.append(self.pick(lambda: self.exists(scope), lambda: self.member(scope, self.chance(0.4)),
                                     lambda: Expr("b", "{} " + self.pick("=", "<", ">=") + " {}",
                                                  self.expr(scope, "i", 0), self.scalar(scope)))())
            else:
                out.append(self.predicate(scope, 1))
        return out

    def select_from(self, node, scope, depth, correlate=None, style=None):
        """A subquery over a source."""
        style = style or self.pick("plain", "plain", "plain", "group", "group", "distinct", "limit", "window")
        where = self.conditions(scope, 0, self.rnd.choice([0, 1, 1]))
        if correlate:
            condition = self.correlation(scope, correlate)
            if condition:
                where.append(condition)
        if style == "aggregate":
            query = Select([self.item(self.aggregate(scope)) for _ in range(self.rnd.randint(1, 2))], [node])
        elif style == "group":
            query = self.grouped(node, scope)
        elif style == "window":
            query = Select(self.plain_items(scope, 2) + [self.item(self.window(scope, plain=False))], [node])
        else:
            query = Select(self.plain_items(scope, self.rnd.randint(1, 3)), [node])
            if style == "distinct":
                query.distinct = "all"
                self.has("distinct")
            if style == "limit":
                query.order, query.limit = "all", self.rnd.randint(1, 12)
                self.has("limit_subquery")
        query.where = where
        return query

    def grouped(self, node, scope, sets=False):
        count = 2 if sets else self.rnd.choice([1, 1, 2])
        free = [c for c in scope.columns if c.kind in "iiItdbcnfm" and c.kind != "fx"] or scope.columns[:1]
        groups = []
        chosen = self.rnd.sample(free, min(count, len(free)))
        keys = [c for c in free if c.is_key]
        if self.keyed and keys and not any(c.is_key for c in chosen):
            chosen[0] = self.rnd.choice(keys)
        for column in chosen:
            expr = column.expr() if self.chance(0.8) or column.kind not in "it" else self.expr(scope, column.kind, 1)
            if not isinstance(expr, Expr) or any(not isinstance(n, Expr) for _, n in walk(expr)) \
                    or not any(c.sql in str(n.form) for _, n in walk(expr) for c in scope.columns):
                expr = column.expr()
            if expr.form not in [g[0].form for g in groups]:
                groups.append((expr, column.is_key and expr.form == column.sql))
        items = [self.item(g, key) for g, key in groups]
        query = Select(items, [node])
        query.group = [g for g, _ in groups]
        more = self.over_groups(scope, query.group)
        if more:
            query.items.append(self.item(more))
        if not sets and len(groups) == 1 and self.chance(0.2):
            query.group = [Expr("i", "1")]
        if sets and len(groups) > 1:
            self.has("grouping_sets")
            forms = ["ROLLUP ({0}, {1})", "CUBE ({0}, {1})", "GROUPING SETS (({0}), ({1}), ())",
                     "GROUPING SETS (({0}, {1}), ({1}))", "{0}, ROLLUP ({1})", "GROUPING SETS (ROLLUP ({0}, {1}), ({1}))"]
            query.sets = Sets(self.rnd.choice(forms))
            items.append(self.item(Expr("i", f"grouping({query.group[0].form}, {query.group[1].form})", label="aggregate")
                                   if not query.group[0].args and not query.group[1].args
                                   else Expr("I", "count(*)", label="aggregate")))
        for _ in range(self.rnd.randint(1, 3)):
            items.append(self.item(self.aggregate(scope)))
        if self.chance(0.3):
            self.has("having")
            query.having = [self.pick(lambda: Expr("b", "count(*) > {}", self.literal("i")),
                                      lambda: Expr("b", "max({}) IS NOT NULL", self.expr(scope, "i", 0)),
                                      lambda: Expr("b", "sum({}) > 3", self.expr(scope, "i", 0)),
                                      lambda: Expr("b", "count(*) > {}", self.scalar(scope, "i", False)),
                                      lambda: Expr("b", "min({}) < 'm'", self.expr(scope, "t", 0)))()]
        return query

    def subquery(self, depth):
        saved, self.float = self.float, False
        if depth > 0 and self.chance(0.15):
            query = self.set_operation(depth - 1, bare=True)
        else:
            node, scope = self.from_clause(max(depth, 0), None)
            query = self.select_from(node, scope, depth)
        self.float = saved
        return query

    def set_operation(self, depth, bare=False):
        self.has("set_operation")
        kinds = self.rnd.choices("iittnId", k=self.rnd.randint(1, 3))
        aliases = [self.name("c") for _ in kinds]

        def side():
            node, scope = self.table() if self.chance(0.75) else self.from_clause(depth, None)
            if self.chance(0.2) and not bare:
                items = [Item(Expr(k, "max({})" if k != "I" else "sum({})::int8", self.expr(scope, k if k != "I" else "i", 0),
                                   label="aggregate"), a, self.rnd.random(), self.rnd.choice(DIRECTIONS))
                         for k, a in zip(kinds, aliases)]
            else:
                items = [Item(self.expr(scope, k, 1), a, self.rnd.random(), self.rnd.choice(DIRECTIONS))
                         for k, a in zip(kinds, aliases)]
            query = Select(items, [node])
            query.where = self.conditions(scope, 0, self.rnd.choice([0, 1, 1, 2]))
            if self.chance(0.1):
                query.order, query.limit = "all", self.rnd.randint(1, 9)
            return query
        ops = ["UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"]
        query = SetOp(self.rnd.choice(ops), side(), side())
        if self.chance(0.25):
            query = SetOp(self.rnd.choice(ops), query, side())
        return query

    def add_order(self, query, scope=None):
        """ORDER BY, LIMIT and so on of the outermost query: which decides how it is compared."""
        what = self.rnd.random()
        grouped = isinstance(query, SetOp) or query.group or query.distinct or \
            any(getattr(n, "label", None) in ("aggregate",) for i in query.items for _, n in walk(i))
        if query.distinct and query.distinct != "all":
            query.order = "all"
            self.has("order_by")
            if self.chance(0.35):
                query.order = "some"
                for item in query.items[:query.distinct]:
                    item.key = True
            elif self.chance(0.4):
                query.limit = self.rnd.randint(1, 15)
                self.has("limit")
            return query
        if what < 0.2:
            if self.chance(0.15):
                query.limit = self.rnd.randint(1, 12)
                self.has("limit")
            return query
        self.has("order_by")
        keyed = [i for i in query.items if i.kind != "fx"]
        if what < 0.52 and len(keyed) > 0:
            query.order = "some"
            for item in self.rnd.sample(keyed, min(len(keyed), self.rnd.choice([1, 1, 2]))):
                item.key = True
        elif what < 0.62 and scope is not None and not grouped and scope.unique and not query.distinct:
            query.order = "hidden"
            self.has("order_unlisted")
            query.hidden = [self.expr(scope, self.rnd.choice([k for k in "itdnIf" if scope.of(k)] or ["i"]), 1)]
            if isinstance(query.hidden[0], Param) or query.hidden[0].form[:1] in "-'0123456789" or has_literal(query.hidden[0]):
                query.hidden = []
            query.hidden += [u + self.rnd.choice(DIRECTIONS) for u in scope.unique]
        elif what < 0.72 and isinstance(query, Select) and query.group and not query.sets and not query.distinct \
                and not any(isinstance(g, Param) or g.form == "1" for g in query.group):
            query.order = "hidden"
            self.has("order_aggregate")
            query.hidden = [self.pick("count(*) DESC", "count(*)", "max(1) NULLS FIRST")] + list(query.group)
        else:
            query.order = "all"
        if self.chance(0.45):
            self.has("limit")
            query.limit = self.rnd.choice([1, 3, 5, 10, 20, 1, 3, 5, 10, 20, 0])
            if self.chance(0.35):
                query.offset = self.rnd.choice([0, 1, 4, 10, 1000])
            if self.chance(0.15):
                query.fetch = "FETCH"
            elif self.params and query.order != "some" and self.chance(0.4):
                value = None if self.chance(0.15) else query.limit
                query.limit = Param("I", value, None, "NULL" if value is None else str(value))
                if query.offset is not None and self.chance(0.5):
                    query.offset = Param("I", query.offset, None, str(query.offset))
            elif self.chance(0.1):
                query.limit = Expr("I", self.pick("2 + 1", "NULL", "ALL", "'4'", "(3)"))
        return query

    # ---- WITH ----

    def with_queries(self, depth, nested=False):
        """CTEs; the query that follows may name them."""
        ctes = []
        for _ in range(self.rnd.choice([1, 1, 2])):
            if nested and not ctes:
                self.has("nested_cte")
                inner = self.with_queries(0)
                query = self.cte_user(0)
                query.ctes = inner
                self.ctes = self.ctes[:-len(inner)]
            else:
                query = self.subquery(depth)
            how = self.rnd.choices(["", "MATERIALIZED ", "NOT MATERIALIZED "], [60, 20, 20])[0]
            if how:
                self.has("materialized")
            name = self.shadow()
            ctes.append(Cte(name, query, how))
            self.ctes.append((name, self.columns_of(query, name)))
        self.has("cte")
        return ctes

    def cte_user(self, depth):
        """A query that certainly names the last CTE, and perhaps twice."""
        name, columns = self.ctes[-1]
        out = self.cte_reference(name, columns)
        if self.chance(0.6):
            other = self.pick(lambda: self.table(), lambda: self.cte_reference(*self.rnd.choice(self.ctes)))()
            out = self.joined(out, other)
        return self.select_from(*out, depth, style=self.pick("plain", "group", "plain", "distinct"))

    # ---- the whole ----

    def top(self):
        focus = self.focus
        if focus == "set_operation":
            return self.add_order(self.set_operation(1))
        if focus == "recursive":
            return self.recursive()
        if focus in ("cte", "nested_cte"):
            ctes = self.with_queries(1, focus == "nested_cte")
            query = self.cte_user(1)
            query.ctes = ctes
            return self.add_order(query)
        extra = None
        if focus not in ("route", "recursive") and self.chance(0.07):
            extra = self.with_queries(0)
        if focus == "group_by_key":
            return self.add_order(self.group_by_key())
        node, scope = self.from_clause(1, focus)
        query = self.shape(focus, node, scope)
        if extra:
            query.ctes = extra
        query.where += self.conditions(scope, 1, self.rnd.choice([0, 0, 1, 1, 2]))
        if query.sets and (query.where or not isinstance(node, Table)):
            return query  # PostgreSQL forgets to sort by what a condition makes equal to something else
        if focus == "with_ties":
            self.has("with_ties")
            self.has("limit")
            query.order, query.fetch, query.limit = "some", "TIES", self.rnd.randint(1, 8)
            for item in self.rnd.sample([i for i in query.items if i.kind != "fx"], 1):
                item.key = True
            return query
        return self.add_order(query, None if "set_returning" in self.labels else scope)

    def shape(self, focus, node, scope):
        """The SELECT around a source that the focus asks for."""
        query = None
        if focus == "group_by":
            query = self.grouped(node, scope)
            self.has("group_by")
        elif focus == "grouping_sets":
            query = self.grouped(node, scope, sets=True)
        elif focus == "aggregate_only":
            query = Select([self.item(self.aggregate(scope)) for _ in range(self.rnd.randint(1, 4))], [node])
            if self.chance(0.15):
                self.has("having_alone")
                query.having = [Expr("b", self.pick("count(*) > 3", "max({}) > 2", "min({}) IS NULL", "sum({}) = 0"))]
                if "{}" in query.having[0].form:
                    query.having[0].args = [self.expr(scope, "i", 0)]
        elif focus == "ordered_set":
            items = [self.item(self.ordered_set(scope))]
            if self.chance(0.5):
                query = self.grouped(node, scope)
                query.items += items
            else:
                query = Select(items, [node])
        elif focus == "distinct":
            self.has("distinct")
            query = Select(self.plain_items(scope, self.rnd.randint(1, 3)), [node])
            keys = [c for c in scope.columns if c.is_key]
            if self.keyed and keys:
                query.items.append(self.item(self.rnd.choice(keys).expr(), True))
            query.distinct = "all"
        elif focus == "distinct_on":
            self.has("distinct_on")
            free = [c for c in scope.columns if c.kind in "itdbI"]
            on = self.rnd.choice(free)
            query = Select([self.item(on.expr(), on.is_key)] + self.plain_items(scope, self.rnd.randint(1, 3)), [node])
            query.distinct = 1
        elif focus in ("window_on_key", "window_off_key"):
            query = Select(self.plain_items(scope, self.rnd.randint(1, 2)), [node])
            for _ in range(self.pick(1, 1, 2)):
                query.items.append(self.item(self.window(scope, focus == "window_on_key")))
            self.name_window(query)
        elif focus == "window_over_aggregate":
            query = self.grouped(node, scope)
            self.has("window_over_aggregate")
            self.has("window_off_key")
            order = [self.pick("count(*)", "count(*) DESC", "min(" + (scope.of("i") or scope.columns)[0].sql + ")")]
            form = self.pick("rank()", "dense_rank()", "sum(count(*))")
            query.items.append(self.item(Expr("I" if form[0] != "s" else "n", form + " OVER {}", Window([], order), label="window")))
        else:
            if self.float and self.chance(0.7) or self.chance(0.15):
                query = self.grouped(node, scope)
                self.has("group_by")
            else:
                query = Select(self.plain_items(scope), [node])
                if self.chance(0.08):
                    query.items.append(self.set_item(scope))
        if isinstance(node, Join) and node.how == "INNER" and node.on and self.chance(0.3):
            self.has("comma_join")
            query.source, query.where = [node.left, node.right], query.where + node.on
        query.where += self.focus_condition(focus, scope)
        if focus == "scalar_subquery" and not query.group and self.chance(0.6):
            query.items.append(self.item(self.scalar(scope)))
        return query

    def key_condition(self, key):
        """A condition on a shard key: one that gives it a value, or seems to."""
        first, second = self.literal(key.kind), self.literal(key.kind)
        if self.chance(0.5):
            return Expr("b", f"{key.sql} = {{}}", first)
        form = self.pick("{k} IN ({0})", "{k} IN ({0}, {1})", "{k} IS NOT DISTINCT FROM {0}", "({k} = {0} OR {k} = {1})",
                         "({k} = {0} AND {k} <> {1})", "{k} BETWEEN {0} AND {0}", "{k} = (SELECT {0})", "{k} IN (SELECT {0})",
                         "{0} = {k}", "NOT ({k} <> {0})", "CASE WHEN {k} = {0} THEN true END", "{k} = coalesce({0}, {1})")
        if key.kind in "iI" and self.chance(0.4):
            form = self.pick("{k} = {0}::int8", "{k} = {0}::numeric", "{k} + 0 = {0}", "{k}::int4 = {0}", "{k} = '7'",
                             "{k} = ANY ('{{7,8,NULL}}')", "{k} = ANY (ARRAY[{0}, {1}])", "{k} = 7.0", "{k}::text = '7'",
                             "({k}, 1) = ({0}, 1)", "{k} = {0} * 1", "{k} = 9223372036854775807")
        return Expr("b", form.replace("{k}", key.sql), first, second)

    def name_window(self, query):
        if self.chance(0.2):
            for item in query.items:
                found = [n for _, n in walk(item) if isinstance(n, Window)]
                if found and (found[0].frame or self.chance(0.4)):
                    self.has("named_window")
                    self.has("inherited_window")
                    window = found[0]
                    query.windows = [("win", Window(window.partition, []))]
                    order = " ORDER BY " + ", ".join(window.order) if window.order else ""
                    window.name = f"(win{order} {window.frame})"
                    return
                if found:
                    self.has("named_window")
                    query.windows = [("win", Window(found[0].partition, found[0].order))]
                    found[0].name = "win"
                    return

    def focus_condition(self, focus, scope):
        if focus == "route":
            keys = [c for c in scope.columns if c.is_key and c.kind in "iIt"]
            if keys:
                self.has("route")
                key = self.rnd.choice(keys)
                return [self.key_condition(key)]
        if focus == "exists":
            return [self.exists(scope)]
        if focus == "not_in":
            return [self.member(scope, True)]
        if focus == "in_subquery":
            return [self.member(scope, False)]
        if focus == "scalar_subquery":
            return [Expr("b", "{} " + self.pick("<", ">=", "<>") + " {}", self.expr(scope, "i", 0), self.scalar(scope))]
        if focus in ("correlated_on_key", "correlated_off_key"):
            on_key = focus == "correlated_on_key"
            return [self.pick(lambda: self.exists(scope, True, on_key), lambda: self.member(scope, self.chance(0.3), True, on_key),
                              lambda: Expr("b", "{} <> {}", self.expr(scope, "i", 0), self.scalar(scope, "i", True, on_key)))()]
        return []

    def label_all(self):
        """What the tree says by itself."""
        self.is_float = False
        self.tables = set()
        for _, node in walk(self.query):
            if isinstance(node, Table) and node.name in TABLES:
                self.tables.add(node.name)
            if isinstance(node, Param):
                self.has("params")
            if getattr(node, "kind", None) == "fx":
                self.is_float = True
            if isinstance(node, Select) and node.group:
                self.has("group_by")
        if isinstance(self.query.limit, Param):
            self.has("params")
        self.many = any(TABLES[t][3] in ("shards", "view") for t in self.tables) and "route" not in self.labels
        if len(self.labels) == 0:
            self.has("plain")


def has_literal(expr):
    return isinstance(expr, Expr) and "." not in "".join(n.form for _, n in walk(expr) if isinstance(n, Expr))


class Sets:
    """GROUP BY's list in ROLLUP and the like; the columns that are there take the places."""

    def __init__(self, form):
        self.form = form

    def __call__(self, group):
        return self.form.format(*group) if len(group) > 1 else f"ROLLUP ({group[0]})"
