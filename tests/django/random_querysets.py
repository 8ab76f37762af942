"""Random querysets and Django's answers: COUNT:SEED -> [[model, clauses, bag of ids, count], ...].

tests/live/test_orm_random.c makes the same querysets of the same clauses, and must find the same rows. For small
tables (load.py with BLOG_SCALE): conditions over several relations to many multiply rows. The ids are null where
that goes too far, and where Django itself makes SQL that PostgreSQL refuses (3.2 does for some EXISTS in HAVING).
Behind an annotation no list is empty: a condition that no row can meet then empties all of Django's answer, even
under NOT, because its GROUP BY repeats the subquery.
"""
import json
import os
import random
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
os.environ["PGOPTIONS"] = "-c statement_timeout=300"
import django

django.setup()
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.db.models import Count, Q

from blog.models import Category, Comment, Post, Tag

TEXTS = ["reader1", "reader2", "tag01", "tag03", "Category 01", "Category 02", "user0001", "user0002", "shard", "café",
         "100%", "under_score", "back\\slash", "O'Brien", "q", "E"]
LOOKUPS = {
    "int": ["exact", "gt", "gte", "lt", "lte", "in", "range", "isnull"],
    "text": ["exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "gt", "lt",
             "in", "range", "isnull"],
    "bool": ["exact", "isnull"],
    "relation": ["exact", "in", "gt", "lt", "isnull"],
}
SCALARS = {
    Post: [("id", "int"), ("title", "text"), ("slug", "text"), ("is_published", "bool"), ("author_id", "int"),
           ("category_id", "int")],
    Comment: [("id", "int"), ("author_name", "text"), ("content", "text"), ("post_id", "int")],
    Category: [("id", "int"), ("name", "text"), ("slug", "text")],
    Tag: [("id", "int"), ("name", "text")],
    User: [("id", "int"), ("username", "text"), ("is_active", "bool"), ("first_name", "text")],
}
RELATIONS = {
    Post: [("author", User), ("category", Category), ("tags", Tag), ("comments", Comment)],
    Comment: [("post", Post)],
    Category: [("posts", Post)],
    Tag: [("posts", Post)],
    User: [("posts", Post)],
}
ONE = {(Post, "author"), (Post, "category"), (Comment, "post")}


def path(rnd, model, most):
    """A field, over at most so many relations."""
    steps = []
    while most > 0 and rnd.random() < 0.6:
        name, model = rnd.choice(RELATIONS[model])
        steps.append(name)
        most -= 1
    if steps and rnd.random() < 0.3:
        return "__".join(steps), "relation"
    name, kind = rnd.choice(SCALARS[model])
    return "__".join([*steps, name]), "relation" if name.endswith("_id") else kind


def value(rnd, kind, lookup, fewest=0):
    if lookup == "isnull":
        return rnd.random() < 0.5
    if kind == "bool":
        return rnd.random() < 0.5
    one = (lambda: rnd.choice(TEXTS)) if kind == "text" else (lambda: rnd.randrange(12))
    if lookup == "in":
        return [one() for _ in range(rnd.randrange(fewest, 4))]
    if lookup == "range":
        return [one(), one()]
    return one()


def condition(rnd, model, depth, annotations):
    if depth > 0 and rnd.random() < 0.45:
        op = rnd.choice(["and", "or", "not"])
        return [op, *(condition(rnd, model, depth - 1, annotations) for _ in range(rnd.randrange(1, 4)))]
    if annotations and rnd.random() < 0.4:
        lookup = rnd.choice(["exact", "gt", "lte", "in", "range"])
        return ["leaf", f"{rnd.choice(annotations)}__{lookup}", value(rnd, "int", lookup, 1)]
    where, kind = path(rnd, model, 2)
    lookup = rnd.choice(LOOKUPS[kind])
    return ["leaf", f"{where}__{lookup}", value(rnd, kind, lookup, 1 if annotations else 0)]


def order(rnd, model):
    """Along relations to one only: others would multiply the rows, in C as in Django, and the limit with them."""
    names = []
    for _ in range(rnd.randrange(1, 3)):
        steps, at = [], model
        while rnd.random() < 0.5 and [r for r in RELATIONS[at] if (at, r[0]) in ONE]:
            name, at = rnd.choice([r for r in RELATIONS[at] if (at_one := (at, r[0])) in ONE])
            steps.append(name)
        if not steps or rnd.random() < 0.7:
            steps.append(rnd.choice(SCALARS[at])[0])
        names.append(rnd.choice(["", "-"]) + "__".join(steps))
    return [*names, "id"]


def clauses(rnd, model):
    made, annotations = [], []
    for _ in range(rnd.randrange(1, 4)):
        kind = rnd.random()
        if kind < 0.2 and model in (Post, User) and len(annotations) < 2:
            name = ["comment_count", "tag_count"][len(annotations)] if model is Post else "post_count"
            if name not in annotations:
                annotations.append(name)
                steps = {Post: ["comments", "tags", "category", "comments__author_name", "tags__name"],
                         User: ["posts", "posts__comments", "posts__tags"]}[model]
                made.append(["annotate", name, rnd.choice(steps), rnd.random() < 0.5])
                continue
        made.append(["filter" if kind < 0.7 else "exclude", condition(rnd, model, 3, annotations)])
    if rnd.random() < 0.5:
        made.append(["order", *order(rnd, model)])
        if rnd.random() < 0.5:
            made.append(["limit", rnd.randrange(1, 20)])
        if rnd.random() < 0.3:
            made.append(["offset", rnd.randrange(0, 5)])
    return made


def q(spec):
    op, *rest = spec
    if op == "leaf":
        return Q((rest[0], rest[1]))
    kids = [q(kid) for kid in rest]
    if op == "or":
        joined = Q(_connector="OR")
        joined.children = kids
        return joined
    return ~Q(*kids) if op == "not" else Q(*kids)


def apply(model, specs):
    queryset, low, high = model.objects.all(), 0, None
    for op, *rest in specs:
        if op == "filter":
            queryset = queryset.filter(q(rest[0]))
        elif op == "exclude":
            queryset = queryset.exclude(q(rest[0]))
        elif op == "annotate":
            queryset = queryset.annotate(**{rest[0]: Count(rest[1], distinct=rest[2])})
        elif op == "order":
            queryset = queryset.order_by(*rest)
        elif op == "limit":
            high = rest[0]
        elif op == "offset":
            low = rest[0]
    return queryset[low:None if high is None else low + high] if low or high is not None else queryset


def main(count, seed):
    answers = []
    for i in range(count):
        rnd = random.Random(f"{seed}:{i}")
        model = rnd.choice([Post, Post, Post, Comment, User, Tag, Category])
        specs = clauses(rnd, model)
        queryset = apply(model, specs)
        try:
            counted = queryset.all().count()
            ids = [obj.pk for obj in queryset] if counted <= 5000 else None
        except DatabaseError:
            ids = None
        if ids is None:
            answers.append([model.__name__, specs, None, 0])
            continue
        ordered = any(s[0] == "order" for s in specs)
        answers.append([model.__name__, specs, ids if ordered else sorted(ids), counted])
    print(json.dumps(answers, ensure_ascii=False))


if __name__ == "__main__":
    main(*map(int, sys.argv[1].split(":")))
