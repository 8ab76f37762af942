/*
 * tests/support/blog_shards.h - the blog that Django has made, over shards and back.
 */
#ifndef COVET_TESTS_BLOG_SHARDS_H
#define COVET_TESTS_BLOG_SHARDS_H

#include "support/live.h"

enum { BLOG_SHARDS = 128 };

/* Makes a cluster of a database (django_database) with those of the same name on the other
 * groups' servers, and spreads posts, their comments and tags over its shards; users, categories
 * and tags are reference tables. */
void blog_distribute(live_cluster *cluster, const char *dsn, const char *name, int groups);
/* Brings all of them home. */
void blog_undistribute(const char *dsn);

#endif
