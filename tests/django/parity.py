"""Querysets by name, answered by Django: tests/live/parity_*.c have each of them in C.

Rows are arrays of their fields in the order of FIELDS, times in microseconds since 1970. `bag` is for
querysets whose order PostgreSQL is free to choose.
"""
import calendar
import json
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
import django

django.setup()
from datetime import datetime, timezone

from django.contrib.auth.models import User
from django.db.models import Count, Prefetch, Q

from blog.models import Category, Comment, Post, Tag

FIELDS = {
    User: ["id", "last_login", "is_superuser", "username", "first_name", "last_name", "email", "is_staff", "is_active",
           "date_joined"],
    Category: ["id", "name", "slug", "created_at"],
    Tag: ["id", "name"],
    Post: ["id", "title", "slug", "author_id", "category_id", "created_at", "updated_at", "is_published"],
    Comment: ["id", "post_id", "author_name", "content", "created_at"],
}


def plain(value):
    if isinstance(value, datetime):
        return calendar.timegm(value.utctimetuple()) * 1000000 + value.microsecond
    return value


def row(obj, *extras):
    return obj and [plain(getattr(obj, name)) for name in (*FIELDS[type(obj)], *extras)]


def rows(queryset, *extras):
    return [row(obj, *extras) for obj in queryset]


def bag(queryset, *extras):
    return sorted(rows(queryset, *extras), key=json.dumps)


def get(queryset):
    try:
        return row(queryset.get())
    except queryset.model.DoesNotExist:
        return "ENOTFOUND"
    except queryset.model.MultipleObjectsReturned:
        return "EMULTIPLE"


def related(queryset, *names):
    """Each row, then the rows that it leads to, NULLs included."""
    def follow(obj, path):
        for name in path.split("__"):
            obj = obj and getattr(obj, name)
        return row(obj)
    return [[row(obj), *(follow(obj, name) for name in names)] for obj in queryset]


def many(queryset, name):
    """Ids, with the ids of what has been prefetched."""
    return [[obj.id, [other.id for other in getattr(obj, name).all()]] for obj in queryset]


def moment(*args):
    return datetime(*args, tzinfo=timezone.utc)


P, C, U, T, G = Post.objects, Comment.objects, User.objects, Tag.objects, Category.objects

QUERIES = {
    # ---- lookups
    "exact_int": lambda: rows(P.filter(id=42)),
    "exact_text": lambda: rows(P.filter(slug="post-00042")),
    "exact_quotes": lambda: rows(P.filter(title="O'Brien").order_by("id")),
    "bool_true": lambda: rows(P.filter(is_published=True).order_by("id")[:20]),
    "bool_false": lambda: rows(P.filter(is_published=False).order_by("-id")[:20]),
    "iexact": lambda: rows(P.filter(slug__iexact="POST-00042")),
    "iexact_special": lambda: bag(U.filter(first_name__iexact="100%")[:2000]),
    "contains_percent": lambda: rows(P.filter(title__contains="100% 100%").order_by("id")),
    "contains_underscore": lambda: rows(P.filter(title__contains="under_score u").order_by("id")[:50]),
    "contains_backslash": lambda: rows(P.filter(title__contains="back\\slash back").order_by("id")[:50]),
    "contains_case": lambda: P.filter(title__contains="CAFÉ").count(),
    "icontains": lambda: rows(P.filter(title__icontains="CAFÉ ledger").order_by("id")[:50]),
    "startswith": lambda: rows(P.filter(title__startswith="Ünïcode 日本").order_by("id")[:50]),
    "istartswith": lambda: rows(P.filter(title__istartswith="NAÏVE shard").order_by("id")[:50]),
    "endswith": lambda: rows(P.filter(title__endswith="\\slash").order_by("id")[:50]),
    "iendswith": lambda: rows(P.filter(title__iendswith="QUORUM").order_by("id")[:50]),
    "gt_lt": lambda: rows(P.filter(id__gt=10, id__lt=20).order_by("id")),
    "gte_lte": lambda: rows(P.filter(id__gte=10, id__lte=20).order_by("id")),
    "gte_float": lambda: rows(P.filter(id__gte=9.5, id__lt=12.5).order_by("id")),
    "time_between": lambda: rows(P.filter(created_at__gte=moment(2026, 2, 1), created_at__lt=moment(2026, 2, 2))
                                 .order_by("created_at", "id")),
    "in_ints": lambda: rows(P.filter(id__in=[5, 3, 99999999, 3]).order_by("id")),
    "in_texts": lambda: rows(P.filter(slug__in=["post-00001", "post-00002", "no"]).order_by("id")),
    "in_null_dropped": lambda: rows(P.filter(slug__in=[None, "post-00001"])),
    "in_empty": lambda: rows(P.filter(id__in=[])),
    "in_empty_or": lambda: rows(P.filter(Q(id__in=[]) | Q(id=7))),
    "exclude_in_empty": lambda: P.exclude(id__in=[]).count(),
    "range_ints": lambda: rows(P.filter(id__range=(10, 12)).order_by("id")),
    "range_texts": lambda: rows(T.filter(name__range=("tag10", "tag19"))),
    "range_times": lambda: P.filter(created_at__range=(moment(2026, 3, 1), moment(2026, 4, 1))).count(),
    "isnull_true": lambda: rows(P.filter(category__isnull=True).order_by("id")[:20]),
    "isnull_false": lambda: P.filter(category__isnull=False).count(),
    "exact_none": lambda: P.filter(category=None).count(),
    "last_login_none": lambda: U.filter(last_login=None).count(),
    # ---- foreign keys
    "fk_value": lambda: rows(P.filter(author=7).order_by("id")),
    "fk_column": lambda: rows(P.filter(author_id=7).order_by("id")),
    "fk_id": lambda: rows(P.filter(author__id=7).order_by("id")),
    "fk_pk": lambda: rows(P.filter(author__pk=7).order_by("id")),
    "fk_in": lambda: rows(P.filter(category__in=[1, 2]).order_by("id")[:30]),
    "fk_path": lambda: rows(P.filter(author__username="user0007").order_by("id")),
    "fk_two_steps": lambda: rows(C.filter(post__author__username="user0007").order_by("id")),
    "fk_null_step": lambda: bag(C.filter(post__category__name="Category 03", post__author__is_active=False)),
    "fk_isnull_step": lambda: C.filter(post__category__isnull=True).count(),
    # ---- relations to many
    "many_one_filter": lambda: bag(P.filter(comments__author_name="reader7", comments__content__contains="café")),
    "many_two_filters": lambda: bag(P.filter(comments__author_name="reader7").filter(
        comments__content__contains="café café")),
    "many_duplicates": lambda: bag(P.filter(comments__post=3)),
    "many_in_count": lambda: P.filter(comments__author_name__in=["reader1", "reader2"]).count(),
    "many_isnull": lambda: bag(P.filter(comments__isnull=True, id__lt=9000)),
    "many_not_null": lambda: P.filter(comments__isnull=False).count(),
    "m2m_name": lambda: rows(P.filter(tags__name="tag07").order_by("id")[:40]),
    "m2m_value": lambda: rows(P.filter(tags=7).order_by("id")[:40]),
    "m2m_one_filter": lambda: rows(P.filter(tags__name="tag07", tags__id=8)),
    "m2m_two_filters": lambda: rows(P.filter(tags__name="tag07").filter(tags__name="tag08").order_by("id")),
    "m2m_isnull": lambda: P.filter(tags__isnull=True).count(),
    "m2m_backwards": lambda: rows(T.filter(posts__slug="post-00042")),
    "user_posts_comments": lambda: bag(U.filter(posts__comments__author_name="reader3", posts__is_published=True)),
    # ---- OR, AND, NOT
    "or_nullable": lambda: rows(P.filter(Q(category__name="Category 01") | Q(title__startswith="O'Brien O"))
                                .order_by("id")),
    "or_same_relation": lambda: rows(P.filter(Q(category__name="Category 01") | Q(category__slug="category-02"))
                                     .order_by("id")[:60]),
    "or_many": lambda: bag(P.filter(Q(comments__author_name="reader9") | Q(slug="post-09999"))),
    "or_isnull": lambda: P.filter(Q(category__isnull=True) | Q(category__name="Category 01")).count(),
    "or_then_and": lambda: rows(P.filter(Q(category__name="Category 01") | Q(id__lt=50))
                                .filter(category__slug__startswith="category-0").order_by("id")),
    "or_and_or": lambda: P.filter(Q(author__username="user0001") | Q(category__name="Category 05"),
                                  Q(is_published=True) | Q(tags__name="tag01")).count(),
    "not_not": lambda: P.filter(~~Q(category=3)).count(),
    "not_or": lambda: P.filter(~(Q(category=3) | Q(author=5))).count(),
    "or_not": lambda: rows(P.filter(~Q(category__name="Category 01") | Q(id=1), id__lt=60).order_by("id")),
    "not_and_not": lambda: P.filter(~Q(category__name="Category 01"), ~Q(tags__name="tag01")).count(),
    "empty_filter": lambda: P.filter(Q()).count(),
    # ---- exclude
    "exclude_text": lambda: P.exclude(title__contains="café").count(),
    "exclude_nullable": lambda: P.exclude(category=3).count(),
    "exclude_nullable_path": lambda: P.exclude(category__name="Category 03").count(),
    "exclude_two": lambda: P.exclude(category=3, is_published=True).count(),
    "exclude_isnull": lambda: P.exclude(category__isnull=True).count(),
    "exclude_gt_nullable": lambda: U.exclude(last_login__gt=moment(2026, 1, 1)).count(),
    "exclude_many": lambda: P.exclude(comments__author_name="reader7").count(),
    "exclude_many_two": lambda: P.exclude(comments__author_name="reader7", comments__content__contains="café").count(),
    "exclude_many_twice": lambda: P.exclude(comments__author_name="reader7").exclude(tags__name="tag07").count(),
    "exclude_m2m": lambda: P.exclude(tags__name="tag07").count(),
    "exclude_m2m_value": lambda: P.exclude(tags=7).count(),
    "exclude_m2m_isnull": lambda: P.exclude(tags__isnull=True).count(),
    "exclude_many_isnull": lambda: P.exclude(comments__isnull=True).count(),
    "exclude_many_not_null": lambda: P.exclude(comments__isnull=False).count(),
    "exclude_many_in_empty": lambda: P.exclude(comments__id__in=[]).count(),
    "exclude_through_fk": lambda: C.exclude(post__tags__name="tag07").count(),
    "exclude_through_null_fk": lambda: P.exclude(category__posts__slug="post-00001").count(),
    "exclude_through_null_fk_isnull": lambda: P.exclude(category__posts__tags__isnull=True).count(),
    "exclude_two_steps": lambda: U.exclude(posts__comments__author_name="reader3").count(),
    "exclude_backwards": lambda: rows(T.exclude(posts__author__username="user0007")),
    "filter_and_not_same_row": lambda: P.filter(Q(comments__author_name="reader7"),
                                                ~Q(comments__content__contains="café")).count(),
    "filter_and_not_same_tag": lambda: P.filter(Q(tags__id__gt=25), ~Q(tags__name="tag40")).count(),
    "not_then_filter": lambda: P.filter(~Q(comments__content__contains="café"),
                                        Q(comments__author_name="reader7")).count(),
    "filter_then_exclude": lambda: P.filter(comments__author_name="reader7").exclude(
        comments__content__contains="café").count(),
    # ---- order
    "order_default": lambda: rows(G.all()),
    "order_desc": lambda: rows(G.order_by("-name")),
    "order_path": lambda: rows(P.filter(id__lt=40).order_by("author__username", "-id")),
    "order_path_desc": lambda: rows(P.filter(id__lt=40).order_by("-category__name", "id")),
    "order_relation": lambda: rows(P.filter(id__lt=40).order_by("category", "id")),
    "order_relation_desc": lambda: rows(P.filter(id__lt=40).order_by("-category", "id")),
    "order_relation_column": lambda: rows(P.filter(id__lt=40).order_by("category_id", "id")),
    "order_relation_plain": lambda: rows(P.filter(id__lt=40).order_by("author", "id")),
    "order_two_steps": lambda: rows(C.filter(id__lt=40).order_by("post__category", "-post__author__username", "id")),
    "order_many": lambda: rows(P.filter(id__lt=30).order_by("tags__name", "id")),
    "order_m2m": lambda: rows(P.filter(id__lt=30).order_by("-tags", "id")),
    "order_pk": lambda: rows(P.order_by("-pk")[:10]),
    "order_replaced": lambda: rows(P.order_by("title").order_by("id")[:10]),
    "order_default_ties": lambda: [o.created_at.isoformat() for o in P.all()[:50]],
    "order_none": lambda: bag(P.filter(id__lt=30).order_by()),
    # ---- limits
    "limit": lambda: rows(P.order_by("id")[:5]),
    "limit_offset": lambda: rows(P.order_by("id")[20:25]),
    "offset": lambda: rows(T.all()[45:]),
    "limit_zero": lambda: rows(P.all()[:0]),
    "limit_beyond": lambda: rows(T.order_by("id")[48:60]),
    # ---- count
    "count_all": lambda: P.count(),
    "count_sliced": lambda: P.order_by("id")[9990:10020].count(),
    "count_annotated": lambda: P.annotate(comment_count=Count("comments")).filter(comment_count__gt=10).count(),
    "count_annotated_all": lambda: P.annotate(comment_count=Count("comments")).count(),
    "count_annotated_dup": lambda: P.annotate(comment_count=Count("comments")).filter(tags__id__in=[1, 2, 3]).count(),
    "count_annotated_sliced": lambda: P.annotate(comment_count=Count("comments")).order_by("-comment_count")[5:50].count(),
    "count_none": lambda: P.filter(id__in=[]).count(),
    "count_limit_zero": lambda: P.all()[:0].count(),
    # ---- first, get
    "first_ordered": lambda: row(P.order_by("-id").first()),
    "first_by_pk": lambda: row(U.filter(is_active=False).first()),
    "first_default": lambda: row(G.first()),
    "first_annotated": lambda: row(P.annotate(comment_count=Count("comments")).first(), "comment_count"),
    "first_sliced": lambda: row(P.order_by("id")[5:10].first()),
    "first_sliced_out": lambda: row(T.order_by("id")[60:70].first()),
    "first_none": lambda: row(P.filter(slug="no").first()),
    "get_one": lambda: get(P.filter(slug="post-00042")),
    "get_none": lambda: get(P.filter(slug="no")),
    "get_many": lambda: get(P.filter(is_published=True)),
    "get_two": lambda: get(P.filter(id__in=[1, 2])),
    "get_sliced": lambda: get(P.order_by("id")[3:4]),
    "get_empty": lambda: get(P.filter(id__in=[])),
    # ---- annotations
    "annotate": lambda: rows(P.annotate(comment_count=Count("comments")).filter(id__lt=40).order_by("id"), "comment_count"),
    "annotate_two": lambda: rows(P.annotate(comment_count=Count("comments"), tag_count=Count("tags")).filter(id__lt=40)
                                 .order_by("id"), "comment_count", "tag_count"),
    "annotate_two_distinct": lambda: rows(P.annotate(comment_count=Count("comments", distinct=True),
                                                     tag_count=Count("tags", distinct=True))
                                          .filter(id__lt=40).order_by("id"), "comment_count", "tag_count"),
    "annotate_filter_before": lambda: rows(P.filter(comments__author_name__startswith="reader1")
                                           .annotate(comment_count=Count("comments")).filter(id__lt=40).order_by("id"),
                                           "comment_count"),
    "annotate_filter_after": lambda: rows(P.annotate(comment_count=Count("comments"))
                                          .filter(comments__author_name__startswith="reader1", id__lt=40).order_by("id"),
                                          "comment_count"),
    "annotate_having": lambda: rows(P.annotate(comment_count=Count("comments")).filter(comment_count__gte=50)
                                    .order_by("-comment_count", "id"), "comment_count"),
    "annotate_having_range": lambda: rows(P.annotate(comment_count=Count("comments")).filter(
        comment_count__range=(40, 45)).order_by("id"), "comment_count"),
    "annotate_having_in": lambda: rows(P.annotate(comment_count=Count("comments")).filter(comment_count__in=[40, 41])
                                       .order_by("id"), "comment_count"),
    "annotate_having_or": lambda: rows(P.annotate(comment_count=Count("comments")).filter(
        Q(comment_count__gt=100) | Q(author__username="user0001")).order_by("id"), "comment_count"),
    "annotate_having_and": lambda: rows(P.annotate(comment_count=Count("comments")).filter(
        Q(comment_count__gt=20) & Q(tags__name="tag01"), is_published=True).order_by("id"), "comment_count"),
    "annotate_exclude": lambda: rows(P.annotate(comment_count=Count("comments")).exclude(comment_count__lt=60)
                                     .order_by("id"), "comment_count"),
    "annotate_exclude_many": lambda: rows(P.annotate(comment_count=Count("comments")).exclude(tags__name="tag01")
                                          .filter(comment_count__gt=30).order_by("id"), "comment_count"),
    "annotate_unordered": lambda: bag(P.annotate(comment_count=Count("comments")).filter(id__lt=40), "comment_count"),
    "annotate_order_limit": lambda: rows(P.annotate(comment_count=Count("comments")).order_by("-comment_count", "id")[:10],
                                         "comment_count"),
    "annotate_order_path": lambda: rows(P.annotate(comment_count=Count("comments")).filter(id__lt=40)
                                        .order_by("author__username", "id"), "comment_count"),
    "annotate_users": lambda: rows(U.annotate(post_count=Count("posts")).filter(post_count__gte=18).order_by("id"),
                                   "post_count"),
    "annotate_two_steps": lambda: rows(U.annotate(post_count=Count("posts__comments")).filter(id__lt=30).order_by("id"),
                                       "post_count"),
    "annotate_two_steps_distinct": lambda: rows(U.annotate(post_count=Count("posts__tags", distinct=True))
                                                .filter(id__lt=30).order_by("id"), "post_count"),
    "annotate_categories": lambda: rows(G.annotate(post_count=Count("posts")).order_by("name"), "post_count"),
    "annotate_tags": lambda: rows(T.annotate(post_count=Count("posts")).order_by("-post_count", "name"), "post_count"),
    "annotate_nullable_fk": lambda: rows(P.annotate(comment_count=Count("category")).filter(id__lt=40).order_by("id"),
                                         "comment_count"),
    # ---- select_related
    "related": lambda: related(P.select_related("author", "category").filter(id__lt=30).order_by("id"), "author", "category"),
    "related_filter": lambda: related(P.select_related("category").filter(category__name="Category 01").order_by("id")[:10],
                                      "category"),
    "related_two_steps": lambda: related(C.select_related("post__author", "post__category").filter(id__lt=30).order_by("id"),
                                         "post", "post__author", "post__category"),
    "related_annotated": lambda: [[*r, o.comment_count] for o in P.select_related("author", "category").annotate(
        comment_count=Count("comments")).filter(id__lt=30).order_by("id") for r in related([o], "author", "category")],
    # ---- prefetch
    "prefetch": lambda: many(P.prefetch_related(Prefetch("comments", C.order_by("id"))).filter(id__lt=40).order_by("id"),
                             "comments"),
    "prefetch_default_order": lambda: [[o.id, [c.created_at.isoformat() for c in o.comments.all()]] for o in
                                       P.prefetch_related("comments").filter(id__lt=20).order_by("id")],
    "prefetch_filtered": lambda: many(P.prefetch_related(Prefetch("comments", C.filter(author_name__startswith="reader2")
                                                                  .order_by("-id"))).filter(id__lt=40).order_by("id"),
                                      "comments"),
    "prefetch_m2m": lambda: many(P.prefetch_related("tags").filter(id__lt=60).order_by("id"), "tags"),
    "prefetch_m2m_filtered": lambda: many(P.prefetch_related(Prefetch("tags", T.filter(name__gt="tag20").order_by("-id")))
                                          .filter(id__lt=60).order_by("id"), "tags"),
    "prefetch_backwards": lambda: many(T.prefetch_related(Prefetch("posts", P.filter(id__lt=500).order_by("id")))
                                       .order_by("id"), "posts"),
    "prefetch_fk": lambda: related(C.prefetch_related("post").filter(id__lt=40).order_by("id"), "post"),
    "prefetch_null_fk": lambda: related(P.prefetch_related("category").filter(id__lt=40).order_by("id"), "category"),
    "prefetch_nested": lambda: [[u.id, many(u.posts.all(), "comments")] for u in U.prefetch_related(
        Prefetch("posts", P.order_by("id")), Prefetch("posts__comments", C.order_by("id"))).filter(id__lt=15).order_by("id")],
    "prefetch_nested_rows": lambda: [[u.id, many(u.posts.all(), "tags")] for u in U.prefetch_related(
        Prefetch("posts", P.order_by("id").prefetch_related("tags"))).filter(id__lt=15).order_by("id")],
    "prefetch_through_fk": lambda: [[p.id, p.category_id, many([p.category], "posts") if p.category else None] for p in
                                    P.select_related("category").prefetch_related(
                                        Prefetch("category__posts", P.filter(id__lt=200).order_by("id")))
                                    .filter(id__lt=20).order_by("id")],
    "prefetch_duplicates": lambda: many(P.prefetch_related(Prefetch("tags", T.order_by("id"))).filter(
        comments__author_name="reader7", id__lt=200).order_by("id"), "tags"),
    "prefetch_none": lambda: many(P.prefetch_related(Prefetch("comments", C.filter(id__in=[]))).filter(id__lt=5)
                                  .order_by("id"), "comments"),
}

if __name__ == "__main__":
    print(json.dumps({name: query() for name, query in QUERIES.items()}, ensure_ascii=False))
