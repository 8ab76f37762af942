/*
 * tests/support/blog_django.h - Django as the oracle, and rows as JSON to compare with it.
 *
 * A database for the blog is made on a server of the test's own, migrated and filled by Django
 * itself (tests/django). Needs Debian's python3-django and python3-psycopg2.
 */
#ifndef COVET_TESTS_BLOG_DJANGO_H
#define COVET_TESTS_BLOG_DJANGO_H

#include <jansson.h>

#include "support/blog_models.h"
#include "support/live.h"

/* Whether Django is there; without it the tests are skipped. */
bool django_is_there(void);

/* A new database on a cluster's first server, migrated by Django; its connection string. With
 * `rows` also filled. */
const char *django_database(live_cluster *cluster, const char *name, bool rows);

/* Runs a script of tests/django against a database; what it prints, as JSON. */
json_t *django_run(const char *dsn, const char *script, const char *argument);

/* A row's fields but password and content of posts, in order; extras of its row type behind
 * them. NULL is JSON's. */
json_t *blog_row(const void *row, const covet_row_type *type);
json_t *blog_rows(const void *rows, size_t count, const covet_row_type *type);

/* "2026-01-01T00:37:00.000001+00:00", as Python writes it. */
json_t *blog_iso(covet_time time);

/* Sorts an array by the text of its items: for rows in any order. */
json_t *blog_sorted(json_t *array);

/* Fails the test, showing where they differ. */
void blog_assert_same(const char *what, const json_t *django, const json_t *mine);

#endif
