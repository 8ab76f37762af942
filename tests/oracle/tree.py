"""SELECT statements as trees: printed as SQL, and made smaller step by step.

A node names its children in `slots`; simpler() proposes other nodes in its place. Whether a
proposal is SQL at all is for the plain server to say, so proposals need not be careful, but for
one thing: a statement whose answer is determined must stay so. Hence what makes an order total is
never taken apart: ORDER BY over all columns is printed from the columns that are there, and the
orders of windows and aggregates are not children.

How an answer is to be compared (sheet.h) follows from the outermost query: see request().
"""
import copy

CONSTANTS = {
    "i": ["1", "NULL::int4"], "I": ["1::int8"], "n": ["1.5"], "f": ["0.5::float8"], "fx": ["0.5::float8"],
    "t": ["'x'::text"], "c": ["'x' COLLATE \"C\""], "b": ["true", "false", "NULL::bool"], "d": ["date '2024-01-02'"],
    "z": ["timestamptz '2024-01-02 00:00+00'"], "A": ["'{1}'::int4[]"], "j": ["'1'::jsonb"], "m": ["'ok'::mood"],
}


class Context:
    """What printing gathers: the values of parameters, in the order in which they are printed."""

    def __init__(self):
        self.params = []

    def param(self, value):
        self.params.append(value)
        return f"${len(self.params)}"


class Node:
    slots = ()

    def simpler(self):
        return []


class Expr(Node):
    """SQL with a {} for each argument; `kind` is the type (generate.py has the letters)."""

    slots = ("args",)

    def __init__(self, kind, form, *args, label=None):
        self.kind, self.form, self.args, self.label = kind, form, list(args), label

    def sql(self, ctx):
        return self.form.format(*[arg.sql(ctx) for arg in self.args]) if self.args else self.form

    def simpler(self):
        for arg in self.args:
            if isinstance(arg, Expr) and arg.kind == self.kind:
                yield arg
        if self.args or not self.form.replace("_", "").isalnum():
            for text in CONSTANTS.get(self.kind, []):
                if text != self.form:
                    yield Expr(self.kind, text)


class Param(Node):
    def __init__(self, kind, value, cast, literal):
        self.kind, self.value, self.cast, self.literal = kind, value, cast, literal

    def sql(self, ctx):
        return ctx.param(self.value) + (f"::{self.cast}" if self.cast else "")

    def simpler(self):
        yield Expr(self.kind, self.literal)


class Window(Node):
    """OVER (...), or the name of a window that the query defines."""

    slots = ("partition",)

    def __init__(self, partition, order, frame="", name=None):
        self.partition, self.order, self.frame, self.name = partition, order, frame, name

    def body(self, ctx):
        parts = []
        if self.partition:
            parts.append("PARTITION BY " + ", ".join(p.sql(ctx) for p in self.partition))
        if self.order:
            parts.append("ORDER BY " + ", ".join(self.order))
        if self.frame:
            parts.append(self.frame)
        return " ".join(parts)

    def sql(self, ctx):
        return self.name or f"({self.body(ctx)})"

    def simpler(self):
        if self.frame:
            yield Window(self.partition, self.order, "", self.name)


# ---- FROM --------------------------------------------------------------------------------------

class Table(Node):
    """`prefix`: what stands before the name, a schema or a comment. `names`: of its first columns."""

    def __init__(self, name, alias):
        self.name, self.alias, self.prefix, self.names = name, alias, "", None

    def sql(self, ctx):
        names = f"({', '.join(self.names)})" if self.names else ""
        return self.prefix + (self.name if self.alias == self.name else f"{self.name} {self.alias}{names}")

    def simpler(self):
        if self.prefix:
            other = copy.copy(self)
            other.prefix = ""
            yield other


class Derived(Node):
    slots = ("query",)

    def __init__(self, query, alias, lateral=False, names=None):
        self.query, self.alias, self.lateral, self.names = query, alias, lateral, names

    def sql(self, ctx):
        names = f"({', '.join(self.names)})" if self.names else ""
        return f"{'LATERAL ' if self.lateral else ''}({self.query.sql(ctx)}) {self.alias}{names}"


class Join(Node):
    slots = ("left", "right", "on")

    def __init__(self, how, left, right, on=None, using=None):
        self.how, self.left, self.right, self.on, self.using = how, left, right, on or [], using

    def sql(self, ctx):
        right = self.right.sql(ctx)
        if isinstance(self.right, Join):
            right = f"({right})"
        text = f"{self.left.sql(ctx)} {self.how} JOIN {right}"
        if self.using:
            return f"{text} USING ({', '.join(self.using)})"
        if self.how.startswith(("CROSS", "NATURAL")):
            return text
        return f"{text} ON {' AND '.join(o.sql(ctx) for o in self.on) or 'true'}"

    def simpler(self):
        yield self.left
        yield self.right
        if self.how in ("LEFT", "RIGHT", "FULL"):
            yield Join("INNER", self.left, self.right, self.on, self.using)


class Values(Node):
    def __init__(self, rows):
        self.rows = rows
        self.items = [None] * len(rows[0])

    def sql(self, ctx):
        return "VALUES " + ", ".join("(" + ", ".join(v.sql(ctx) for v in row) + ")" for row in self.rows)

    def simpler(self):
        if len(self.rows) > 1:
            yield Values(self.rows[:1])


# ---- queries -----------------------------------------------------------------------------------

class Item(Node):
    """A column of the answer. `rank`, `direction`: its part in ORDER BY; `key`: it is one of the
    columns of an ORDER BY that does not decide everything; `by`: it stands there as a position,
    by its name, or once more."""

    slots = ("expr",)

    def __init__(self, expr, alias, rank=0, direction="", by="position"):
        self.expr, self.alias, self.rank, self.direction, self.by = expr, alias, rank, direction, by
        self.key = False

    @property
    def kind(self):
        return self.expr.kind

    def sql(self, ctx):
        return self.expr.sql(ctx) + (f" AS {self.alias}" if self.alias else "")


class Cte(Node):
    slots = ("query",)

    def __init__(self, name, query, how="", names=None):
        self.name, self.query, self.how, self.names = name, query, how, names

    def sql(self, ctx):
        names = f"({', '.join(self.names)})" if self.names else ""
        return f"{self.name}{names} AS {self.how}({self.query.sql(ctx)})"


class Query(Node):
    """What a SELECT and a set operation have in common: WITH, ORDER BY, LIMIT.

    `order`: None; "all", by every column; "some", by the items that are keys; "hidden", by
    expressions that are not shown, which decide everything. `limit`: a number, a Param or None.
    `distinct`: None, "all", or a number: ON the first so many columns.
    """

    def init_query(self):
        self.ctes, self.recursive, self.order, self.hidden = [], False, None, []
        self.limit = self.offset = self.distinct = None
        self.group = []
        self.fetch = ""  # "", "FETCH", "TIES"

    def with_sql(self, ctx):
        if not self.ctes:
            return ""
        recursive = "RECURSIVE " if self.recursive else ""
        return f"WITH {recursive}{', '.join(c.sql(ctx) for c in self.ctes)} "

    def sort_items(self):
        """Positions (from 0) in the order in which they are sorted."""
        wanted = [i for i, item in enumerate(self.items) if self.order == "all" or item.key]
        return sorted(wanted, key=lambda i: (self.items[i].kind == "fx", self.items[i].rank, i))

    def order_sql(self, ctx):
        if self.order is None:
            return ""
        terms = []
        for i in [] if self.order == "hidden" else self.sort_items():
            item = self.items[i]
            what = str(i + 1)
            if item.by == "name" and item.alias:
                what = item.alias
            elif item.by == "again" and isinstance(self, Select) and isinstance(item.expr, Expr) \
                    and not has_param(item.expr) and not item.expr.form.replace("{}", "").strip("()-0123456789") == "":
                what = item.expr.sql(ctx)
            terms.append(what + item.direction)
        terms += [h if isinstance(h, str) else h.sql(ctx) for h in self.hidden if self.order == "hidden"]
        return f" ORDER BY {', '.join(terms)}" if terms else ""

    def limit_sql(self, ctx):
        def text(value):
            return value.sql(ctx) if isinstance(value, Node) else str(value)
        out = ""
        if self.fetch:
            if self.offset is not None:
                out += f" OFFSET {text(self.offset)} ROWS"
            if self.limit is not None:
                ties = "WITH TIES" if self.fetch == "TIES" else "ONLY"
                out += f" FETCH FIRST {self.limit} ROWS {ties}"
            return out
        if self.limit is not None:
            out += f" LIMIT {text(self.limit)}"
        if self.offset is not None:
            out += f" OFFSET {text(self.offset)}"
        return out

    def sql(self, ctx):
        return self.with_sql(ctx) + self.body_sql(ctx) + self.order_sql(ctx) + self.limit_sql(ctx)

    def without(self, **changes):
        other = copy.copy(self)
        for name, value in changes.items():
            setattr(other, name, value)
        return other

    def simpler_query(self):
        if self.limit is not None or self.offset is not None:
            yield self.without(limit=None, offset=None, fetch="")
        if self.offset is not None:
            yield self.without(offset=None)
        if self.fetch == "FETCH":
            yield self.without(fetch="")
        if self.order is not None and self.limit is None and self.offset is None:
            yield self.without(order=None)
        if self.order in ("some", "hidden") and self.limit is None and self.offset is None:
            yield self.without(order="all")
        if self.ctes:
            yield self.without(ctes=[])


class Select(Query):
    slots = ("ctes", "items", "source", "where", "group", "having")

    def __init__(self, items, source):
        self.init_query()
        self.items, self.source = items, source
        self.where, self.having = [], []
        self.star = False  # the items are printed as *, which they must all be, in order
        self.sets = None  # "ROLLUP ({})" and the like around the GROUP BY's list
        self.windows = []  # (name, Window)

    def body_sql(self, ctx):
        head = "SELECT "
        if self.distinct == "all":
            head += "DISTINCT "
        elif self.distinct:
            head += f"DISTINCT ON ({', '.join(str(i + 1) for i in range(self.distinct))}) "
        text = head + ("*" if self.star else ", ".join(item.sql(ctx) for item in self.items))
        if self.source:
            text += " FROM " + ", ".join(s.sql(ctx) for s in self.source)
        if self.where:
            text += " WHERE " + " AND ".join(w.sql(ctx) for w in self.where)
        if self.group:
            group = [g.sql(ctx) for g in self.group]
            if self.sets:
                text += " GROUP BY " + self.sets(group)
            else:
                text += " GROUP BY " + ", ".join(group)
        if self.having:
            text += " HAVING " + " AND ".join(h.sql(ctx) for h in self.having)
        if self.windows:
            text += " WINDOW " + ", ".join(f"{name} AS ({w.body(ctx)})" for name, w in self.windows)
        return text

    def sort_items(self):
        wanted = super().sort_items()
        if self.distinct and self.distinct != "all":
            first = list(range(self.distinct))
            return first + [i for i in wanted if i not in first]
        return wanted

    def simpler(self):
        yield from self.simpler_query()
        if self.star:
            yield self.without(star=False)
        if self.distinct:
            yield self.without(distinct=None)
        if self.sets:
            yield self.without(sets=None)
        if self.windows:
            yield self.without(windows=[])
        if self.group and not any(i.kind == "fx" for i in self.items):
            yield self.without(group=[], having=[], sets=None)


class SetOp(Query):
    slots = ("ctes", "left", "right")

    def __init__(self, op, left, right):
        self.init_query()
        self.op, self.left, self.right = op, left, right
        self.items = [Item(Expr(i.kind if i else "i", "?"), i.alias if i else None, i.rank if i else 0,
                           i.direction if i else "") for i in left.items]

    def body_sql(self, ctx):
        def side(query):
            text = query.sql(ctx)
            bare = isinstance(query, Values) or (
                isinstance(query, Select) and query.order is None and query.limit is None and not query.ctes
                and query.offset is None)
            return text if bare else f"({text})"
        return f"{side(self.left)} {self.op} {side(self.right)}"

    def simpler(self):
        yield from self.simpler_query()
        yield self.left
        yield self.right
        for i in range(len(self.items)):
            other = copy.deepcopy(self)
            if len(self.items) > 1 and drop_column(other, i):
                yield other


def drop_column(query, i):
    """Of both sides of a set operation."""
    if isinstance(query, SetOp):
        del query.items[i]
        return drop_column(query.left, i) and drop_column(query.right, i)
    if isinstance(query, Select) and len(query.items) > 1 and not isinstance(query.distinct, int):
        del query.items[i]
        return True
    return False


# ---- walking -----------------------------------------------------------------------------------

def walk(node, path=()):
    """All nodes under a node, with the way there; those on top first."""
    yield path, node
    for slot in node.slots:
        child = getattr(node, slot)
        if isinstance(child, Node):
            yield from walk(child, path + ((slot, None),))
        elif isinstance(child, list):
            for i, item in enumerate(child):
                if isinstance(item, Node):
                    yield from walk(item, path + ((slot, i),))


def has_param(node):
    return any(isinstance(n, Param) for _, n in walk(node))


def replaced(root, path, new):
    """A copy in which the node at the path is another one; None: the list item is dropped."""
    if not path:
        return copy.deepcopy(new)
    root = copy.deepcopy(root)
    node = root
    for slot, i in path[:-1]:
        node = getattr(node, slot) if i is None else getattr(node, slot)[i]
    slot, i = path[-1]
    if i is None:
        setattr(node, slot, copy.deepcopy(new))
    elif new is None:
        del getattr(node, slot)[i]
    else:
        getattr(node, slot)[i] = copy.deepcopy(new)
    return root


DROPPABLE = {"ctes", "items", "source", "where", "group", "having", "on", "partition"}


def may_drop(parent, slot, count):
    if slot not in DROPPABLE or isinstance(parent, Expr):
        return False
    if slot == "items":
        return count > 1 and not (isinstance(parent, Select) and (parent.star or isinstance(parent.distinct, int)))
    return True


def reductions(root):
    """Smaller statements, the largest steps first."""
    for path, node in walk(root):
        if path and isinstance(node, Query):
            yield copy.deepcopy(node)
    for path, node in walk(root):
        for slot in node.slots:
            child = getattr(node, slot)
            if isinstance(child, list) and may_drop(node, slot, len(child)):
                for i in range(len(child)):
                    yield replaced(root, path + ((slot, i),), None)
        for new in node.simpler():
            yield replaced(root, path, new)


# ---- what is asked of the driver ---------------------------------------------------------------

def is_inexact(root):
    return any(getattr(n, "kind", None) == "fx" for _, n in walk(root))


def is_loose(root):
    """Whether it is free which of several equal numbers is shown: rows are put together, so that
    one stands for several, or sorted by all that is shown."""
    for _, node in walk(root):
        if isinstance(node, Query) and node.order is not None:
            return True
        if isinstance(node, SetOp) or isinstance(node, Select) and (node.group or node.distinct or node.windows):
            return True
        if isinstance(node, Expr) and node.label in ("aggregate", "window"):
            return True
    return False


def compare_as(query):
    """(mode, key columns, the query that has the full answer or None)"""
    limited = query.limit is not None or query.offset is not None
    full = query.without(limit=None, offset=None, fetch="")
    if query.order is None:
        return ("member", [], full) if limited else ("set", [], None)
    if isinstance(query, Select) and isinstance(query.distinct, int) and query.order != "all":
        keys = query.sort_items()
        return "member", keys, full.without(distinct=None)
    if query.order in ("all", "hidden"):
        if any(i.kind == "fx" for i in query.items) and query.order == "all" and not limited:
            return "keys", [i for i in query.sort_items() if query.items[i].kind != "fx"], None
        return "list", [], None
    keys = query.sort_items()
    if limited and query.fetch != "TIES":
        return "limit", keys, full
    if query.fetch == "TIES" and query.offset is not None:
        return "limit", keys, full
    return "keys", keys, None


def request(query):
    ctx = Context()
    mode, keys, full = compare_as(query)
    said = {"sql": query.sql(ctx), "params": ctx.params, "mode": mode, "keys": keys,
            "inexact": is_inexact(query), "loose": is_loose(query)}
    if full is not None:
        said["full"] = full.sql(Context())
    return said
