"""Statements of particular shapes: what people write, and seldom at random. See generate.py."""
from expressions import Column, Scope
from tree import Cte, Derived, Expr, Item, Join, Select, SetOp, Table

# name: (columns, the unique ones, the shard key, how the table is kept)
TABLES = {
    "a": ("id I,grp i,x i,big I,n n,f f,g f,t t,c c,b b,d d,ts z,arr A,js j,m m", ["id"], "id", "shards"),
    "b": ("aid I,bid i,x i,y i,n n,f f,t t,d d", ["bid"], "aid", "shards"),
    "c": ("owner i,num i,grp i,x i,q n,t t,b b", ["num"], "owner", "shards"),
    "k": ("kt t,v i,aid I,x i,t t", ["v"], "kt", "shards"),
    "w": ("uid u,x i,f f,ts z", ["uid"], "uid", "shards"),
    "s": ("sid I,num i,x i,t t", ["num"], "sid", "shards"),
    "e": ("id i,x i,t t", ["id"], "id", "shards"),
    "r1": ("rid i,x i,t t,f f", ["rid"], None, "reference"),
    "r2": ("code t,grp i,n n", ["code"], None, "reference"),
    "l1": ("lid i,x i,t t", ["lid"], None, "local"),
    "va": ("id I,grp i,x i,t t,u t", ["id"], "id", "view"),
    "vj": ("id I,t t,bid i,x i,n n", ["id", "bid"], "id", "view"),
    "vo": ("id I,x i,num i", ["id", "num"], "id", "view"),
    "vg": ("x i,n I,s I,t t", ["x"], None, "view"),
    "vk": ("aid I,n I,d d", ["aid"], "aid", "view"),
    "vu": ("id I,x i", None, "id", "view"),
    "vw": ("bid i,x i,r I", ["bid"], None, "view"),
    "vn": ("x i,n I,id I", ["id"], "id", "view"),
    "vl": ("bid i,x i", ["bid"], None, "view"),
    "vr": ("rid i,t t,v i", ["rid", "v"], None, "view"),
}

# The primary keys of tables, and what a chain of joins may take of them without growing.
PRIMARY = {"a": ["id"], "b": ["aid", "bid"], "c": ["owner", "num"], "k": ["kt", "v"], "s": ["sid", "num"], "r1": ["rid"]}
VIEWS = ["va", "vj", "vo", "vg", "vk", "vu", "vw", "vn", "vl", "vr"]


class Shapes:
    # ---- names ----

    def label(self, letter):
        """The name of a column of the answer, now and then one that wants quotes."""
        name = self.name(letter)
        if self.chance(0.04):
            self.has("quoted_names")
            return self.pick(f'"Of {name}"', f'"select {name}"', f'"{name}é"', f'"{name}""x"')
        return name

    def dress(self, node):
        """Schemas and comments, which change nothing."""
        if node.alias != node.name and self.chance(0.05):
            self.has("schema_names")
            node.prefix = "public."
        if self.chance(0.04):
            self.has("comments")
            node.prefix = self.pick("/* FROM b; */ ", "/**/", "-- ' \" $1 ;\n ", "/* a /* b */ c */") + node.prefix
        return node

    # ---- FROM ----

    def narrow(self, name, columns):
        """(SELECT some columns FROM a table), so that few names meet."""
        alias = self.name(name)
        table = Table(name, alias)
        query = Select([Item(Expr(kind, f"{alias}.{column}"), column) for column, kind in columns], [table])
        out = self.name("q")
        return Derived(query, out), [Column(f"{out}.{c}", c, k, False, out) for c, k in columns]

    def natural_three(self):
        """Three sources that share one column's name."""
        self.has("using_natural")
        self.has("natural_three")
        sides = [self.narrow("b", [("x", "i"), ("bid", "i")]), self.narrow("c", [("x", "i"), ("num", "i")]),
                 self.narrow("k", [("x", "i"), ("v", "i")])]
        node, columns = sides[0]
        for other, more in sides[1:]:
            how = self.rnd.choices(["INNER", "LEFT", "RIGHT", "FULL"], [40, 25, 10, 25])[0]
            natural = self.chance(0.5)
            if how == "FULL":
                self.has("full_off_key")
            node = Join(f"NATURAL {how}" if natural else how, node, other, None, None if natural else ["x"])
            columns = columns + more
        own = [c for c in columns if c.name != "x"]
        return node, Scope([Column("x", "x", "i"), *own], [c.sql for c in own])

    def many_tables(self):
        """A chain of joins by the key, and by other columns that are unique."""
        self.has("many_tables")
        node, scope = self.table(["a"])
        first = node.alias
        for _ in range(self.rnd.randint(8, 12)):
            name = self.rnd.choices(["a", "r1", "e", "vk", "vg"], [50, 20, 10, 10, 10])[0]
            other, more = self.table([name])
            column = {"a": "id", "r1": "rid", "e": "id", "vk": "aid", "vg": "x"}[name]
            mine = f"{first}.{self.pick('x', 'grp') if name in ('r1', 'vg') or self.chance(0.3) else 'id'}"
            on = [Expr("b", f"{other.alias}.{column} = {mine}")]
            node = Join(self.pick("LEFT", "LEFT", "INNER") if name != "e" else "LEFT", node, other, on)
            scope = Scope(scope.columns + more.columns, scope.unique + more.unique)
        return node, scope

    def deep(self):
        """Subqueries in FROM, four levels of them."""
        self.has("deep")
        out = self.derived(self.subquery(0))
        for _ in range(3):
            if self.chance(0.25):
                out = self.joined(out, self.table())
            query = self.select_from(*out, 0, style=self.pick("plain", "plain", "group", "distinct", "window"))
            out = self.derived(query)
        return out

    # ---- lists ----

    def set_item(self, scope):
        """A function that returns several rows."""
        self.has("set_returning")
        if scope.of("A") and self.chance(0.4):
            return self.item(Expr("i", "unnest({})", self.column(scope, "A").expr()))
        column = self.column(scope, "i")
        return self.item(Expr("i", f"generate_series(1, {column.sql} % 4)" if column else "generate_series(1, 2)"))

    def array_query(self, outer):
        """ARRAY(SELECT ...), whose order decides everything."""
        self.has("array_subquery")
        node, scope, where = self.inner(outer, self.chance(0.7))
        kind = "i" if scope.of("i") else "t"
        query = self.simple_select([Item(self.column(scope, kind).expr(), None)], node, where)
        query.order = "all"
        return Expr("A" if kind == "i" else "x", "ARRAY({})", query)

    def case_query(self, outer):
        self.has("case_subquery")
        return Expr("i", "CASE WHEN {} THEN {} ELSE {} END", self.exists(outer, self.chance(0.7)), self.expr(outer, "i", 0),
                    self.scalar(outer))

    def over_groups(self, scope, groups):
        """What takes a grouped expression, or an aggregate, further; None: nothing does."""
        expr = groups[0]
        if self.chance(0.1) and scope.of("i"):
            self.has("outer_aggregate")
            node, inner, where = self.inner(scope, False)
            if inner.of("i"):
                outer = self.column(scope, "i").sql
                where.append(Expr("b", f"{self.column(inner, 'i').sql} {self.pick('<', '=', '>=')} max({outer})"))
                return Expr("I", "({})", self.simple_select([Item(Expr("I", "count(*)", label="aggregate"), None)], node, where),
                            label="aggregate")
        if not self.chance(0.2) or expr.kind not in "it":
            return None
        self.has("over_group")
        if expr.kind == "t":
            return Expr("t", self.pick("upper({}) || '!'", "coalesce({}, '-') || count(*)"), expr, label="aggregate")
        return Expr("i", self.pick("({} + 1) * 2", "CASE WHEN {} > 2 THEN 1 ELSE 0 END", "({} + count(*)::int4)",
                                   "coalesce({}, max(3))"), expr, label="aggregate")

    # ---- the whole ----

    def recursive(self):
        self.has("recursive")
        name = self.name("w")
        what = self.rnd.randrange(4)
        if what == 0:
            base = Select([Item(Expr("i", "1"), None)], [])
            step = Select([Item(Expr("i", "n + 1"), None)], [Table(name, name)])
            step.where = [Expr("b", f"n < {self.rnd.randint(3, 9)}")]
            names, kinds, op = ["n"], ["i"], "UNION ALL"
        else:
            start, s = self.table(["a", "b", "s"])
            first = self.pick("id", "grp", "x") if start.name == "a" else self.pick("bid", "aid", "x") if start.name == "b" else "sid"
            walk_, t = self.table(["b", "c", "k"])
            source, target = {"b": ("x", "bid"), "c": ("num", "owner"), "k": ("x", "v")}[walk_.name]
            if self.chance(0.4):
                source, target = target, source
            base = Select([Item(Expr("I", f"{start.alias}.{first}::int8"), None), Item(Expr("i", "0"), None)], [start])
            base.where = [self.predicate(s, 0), Expr("b", f"{start.alias}.{first} < 12")]
            step = Select([Item(Expr("I", f"{walk_.alias}.{target}::int8"), None), Item(Expr("i", f"{name}.depth + 1"), None)],
                          [Join("INNER", Table(name, name), walk_, [Expr("b", f"{walk_.alias}.{source} = {name}.n")])])
            step.where = [Expr("b", f"{name}.depth < {self.rnd.randint(1, 3)}")]
            names, kinds, op = ["n", "depth"], ["I", "i"], "UNION" if what != 1 else "UNION"
        body = SetOp(op, base, step)
        columns = [Column(f"{name}.{n}", n, k) for n, k in zip(names, kinds)]
        self.ctes.append((name, columns))
        query = self.cte_user(1)
        query.ctes = [Cte(name, body, "", names)]
        query.recursive = True
        return self.add_order(query)

    def group_by_key(self):
        """GROUP BY a primary key, and columns that depend on it."""
        self.has("group_by_key")
        name = self.rnd.choice(list(PRIMARY))
        node, own = self.table([name])
        scope = own
        if self.chance(0.8):
            node, scope = self.joined((node, own), self.table(["b", "c", "k", "vg"] if name != "b" else ["a", "c", "k"]))
        keys = [c for c in own.columns if c.name in PRIMARY[name]]
        items = [self.item(c.expr(), c.is_key) for c in keys if self.chance(0.7)] + self.plain_items(own)
        items += [self.item(self.aggregate(scope)) for _ in range(self.rnd.randint(0, 2))]
        query = Select(items, [node])
        query.group = [c.expr() for c in keys]
        if self.chance(0.3) and own.of("i"):
            query.having = [Expr("b", f"count(*) >= {self.column(own, 'i').sql}")]
        if self.chance(0.15) and own.of("i"):
            self.has("window_off_key")
            query.items.append(self.item(Expr("I", f"rank() OVER (ORDER BY {self.column(own, 'i').sql})", label="window")))
        return query

    def values_query(self, outer):
        """A set operation as the right side of IN."""
        self.has("union_in_in")
        sides = []
        for _ in range(2):
            node, scope, where = self.inner(outer, self.chance(0.3))
            sides.append(self.simple_select([Item(self.expr(scope, "i", 0), None)], node, where))
        return SetOp(self.pick("UNION", "UNION ALL", "INTERSECT", "EXCEPT"), *sides)

    def shadow(self):
        """The name of a WITH query: now and then that of a table, which from there on is public.x."""
        if self.chance(0.1):
            name = self.rnd.choice(["a", "b", "c", "r1"])
            if name not in self.shadows:
                self.has("shadowed")
                self.shadows.add(name)
                return name
        return self.name("w")
