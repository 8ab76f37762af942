"""Fills the blog through Django itself, the same way every time; BLOG_SCALE=0.01 makes a hundredth of the rows."""
import os
import random

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
import django

django.setup()
from django.contrib.auth.models import User
from django.db import connection, transaction

from blog.models import Category, Comment, Post, Tag

SCALE = float(os.environ.get("BLOG_SCALE", "1"))
USERS, CATEGORIES, TAGS, POSTS, COMMENTS = (max(5, int(n * SCALE)) for n in (1000, 20, 50, 10000, 50000))
WORDS = "shard replica quorum ledger café naïve Ünïcode 日本 O'Brien 100% under_score back\\slash".split()


def text(rnd, words):
    return " ".join(rnd.choice(WORDS) for _ in range(words))


@transaction.atomic
def load():
    rnd = random.Random(1)
    User.objects.bulk_create([User(username=f"user{i:04}", email=f"user{i:04}@example.com", first_name=rnd.choice(WORDS),
                                   is_active=i % 10 != 0, password="!") for i in range(USERS)])
    Category.objects.bulk_create([Category(name=f"Category {i:02}", slug=f"category-{i:02}") for i in range(CATEGORIES)])
    Tag.objects.bulk_create([Tag(name=f"tag{i:02}") for i in range(TAGS)])
    users, categories, tags = ([*m.objects.order_by("id").values_list("id", flat=True)] for m in (User, Category, Tag))
    Post.objects.bulk_create([Post(title=text(rnd, 5), slug=f"post-{i:05}", content=text(rnd, 80),
                                   author_id=users[rnd.randrange(USERS)],
                                   category_id=None if i % 7 == 0 else rnd.choice(categories),
                                   is_published=i % 3 != 0) for i in range(POSTS)], batch_size=1000)
    posts = [*Post.objects.order_by("id").values_list("id", flat=True)]
    Post.tags.through.objects.bulk_create([Post.tags.through(post_id=p, tag_id=t) for p in posts
                                           for t in rnd.sample(tags, rnd.randrange(4))], batch_size=2000)
    Comment.objects.bulk_create([Comment(post_id=posts[int(rnd.random() ** 2 * POSTS)], author_name=f"reader{rnd.randrange(max(5, int(500 * SCALE)))}",
                                         content=text(rnd, 12)) for _ in range(COMMENTS)], batch_size=2000)
    with connection.cursor() as c:
        for table, column in (("auth_user", "date_joined"), ("posts", "created_at"), ("posts", "updated_at"),
                              ("comments", "created_at"), ("categories", "created_at")):
            c.execute(f"UPDATE {table} SET {column} = timestamptz '2026-01-01 00:00:00+00' + (id % 9973) * interval '37.000001 minutes'")


if __name__ == "__main__":
    load()
    with connection.cursor() as c:
        c.execute("ANALYZE")
    print({m.__name__: m.objects.count() for m in (User, Category, Tag, Post, Comment)})
