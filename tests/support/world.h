/*
 * tests/support/world.h - a small world to plan in, without a server: a map, and what a
 * server would say of the names in a statement and of its columns.
 *
 * Two groups with a shard each, public in the search path, and these tables:
 *
 *     public.posts      distributed by id (ids from the catalog), "slug" unique per shard
 *     public.comments   distributed by post_id, with posts; ids unique everywhere
 *     blog.posts        distributed by slug, a text; posts_3 in the shards
 *     blog."Posts"      the same; posts_2 in the shards
 *     public.users      a reference table
 *     view              a view; whatever else is named is a local table
 *
 * Functions are what PostgreSQL's are; my_... are volatile, but for my_pure.
 */
#ifndef COVET_TESTS_WORLD_H
#define COVET_TESTS_WORLD_H

#include "shard/plan.h"

extern const covet__map *world;

/* For cmocka_run_group_tests; NULL will do for the state. */
int world_up(void **state);
int world_down(void **state);

/* What a server knows of the outline's names; in the parse's arena. */
void world_schema(const covet__parse *parse, covet__schema *ret_schema);

/* What home would say of the views (shard/views.h): recent, "Of it", slugs, names and others;
 * as often as the statement names them. covet__result_clear */
void world_views(const covet__parse *parse, covet_result *ret_rows);

/* What it would describe: parameters and columns are bigint, but for avg and bool_... A
 * list is as long as the facts say, with two columns for a star; three columns where they do
 * not. In the arena. */
covet__description world_describe(const covet__parse *parse, const covet__facts *facts);

/* From text to plan; *ret_unfinished as in covet__plan_decide. */
covet_status world_plan(const char *sql, covet__plan **ret_plan, bool *ret_unfinished,
                        covet_error *err);

#endif
