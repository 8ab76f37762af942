#include "support/world.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/result_parts.h"
#include "core/types.h"

/* ---- the map -------------------------------------------------------------------------------- */

static const covet__map_group groups[] = {{1, "g1", 1, true, 0}, {2, "g2", 1, false, 1}};
static const covet__map_member members[] = {{1, 0, "g1a", "host=a", true, 1},
                                            {2, 1, "g2a", "host=b", true, 2}};
static const covet__map_shard shards[] = {{1, 0, 0, "app_s00001"},
                                          {2, UINT64_C(1) << 63, 1, "app_s00002"}};
static const char *const post_unique[] = {"slug"};
static const covet__map_id post_ids[] = {{"id", COVET__INT8, false}};
static const covet__map_id comment_ids[] = {{"id", COVET__INT8, true}};
static const covet__map_table tables[] = {
    {1, "public", "posts", COVET__TABLE_DISTRIBUTED, "id", COVET__INT8, -1, "posts", post_unique, 1,
     post_ids, 1},
    {2, "public", "comments", COVET__TABLE_DISTRIBUTED, "post_id", COVET__INT8, -1, "comments",
     NULL, 0, comment_ids, 1},
    {3, "public", "users", COVET__TABLE_REFERENCE, NULL, 0, -1, "users", NULL, 0, NULL, 0},
    {4, "blog", "Posts", COVET__TABLE_DISTRIBUTED, "slug", COVET__TEXT, -1, "posts_2", NULL, 0,
     NULL, 0},
    {5, "blog", "posts", COVET__TABLE_DISTRIBUTED, "slug", COVET__TEXT, -1, "posts_3", NULL, 0,
     NULL, 0},
};
static const char *const path[] = {"public"};
static const covet__map map = {.cluster_id = "x",
                               .incarnation = 1,
                               .epoch = 1,
                               .prefix = "app",
                               .search_path = path,
                               .search_path_count = 1,
                               .groups = groups,
                               .group_count = COVET_COUNT(groups),
                               .members = members,
                               .member_count = COVET_COUNT(members),
                               .shards = shards,
                               .shard_count = COVET_COUNT(shards),
                               .tables = tables,
                               .table_count = COVET_COUNT(tables)};

const covet__map *world;

int world_up(void **state)
{
    (void)state;
    void *bytes = NULL;
    size_t length = 0;
    if (covet__map_pack(&map, &bytes, &length, NULL) != COVET_OK)
        return -1;
    const covet_status status = covet__map_unpack(bytes, length, &world, NULL);
    covet__free(bytes);
    return status == COVET_OK ? 0 : -1;
}

int world_down(void **state)
{
    (void)state;
    covet__map_unref(world);
    return 0;
}

/* ---- what a server knows ------------------------------------------------------------------- */

static const covet__column post_columns[] = {{"id", COVET__INT8, false, false, NULL},
                                             {"title", COVET__VARCHAR, false, false, NULL},
                                             {"slug", COVET__VARCHAR, true, false, NULL},
                                             {"author_id", COVET__INT8, false, false, NULL},
                                             {"score", COVET__INT4, false, false, NULL},
                                             {"made", COVET__TIMESTAMPTZ, false, false, NULL}};
static const covet__column comment_columns[] = {{"id", COVET__INT8, false, false, NULL},
                                                {"post_id", COVET__INT8, false, false, NULL},
                                                {"body", COVET__TEXT, false, false, NULL},
                                                {"author_id", COVET__INT8, false, false, NULL}};
static const covet__column user_columns[] = {{"id", COVET__INT8, false, false, NULL},
                                             {"name", COVET__TEXT, false, false, NULL}};
static const covet__column blog_columns[] = {{"slug", COVET__TEXT, false, false, NULL},
                                             {"title", COVET__TEXT, false, false, NULL}};

static covet__relation relation_of(const covet__name *name)
{
    if (name->schema != NULL && strcmp(name->schema, "blog") == 0)
        return (covet__relation){blog_columns, 2, true};
    if (strcmp(name->name, "posts") == 0)
        return (covet__relation){post_columns, 6, true};
    if (strcmp(name->name, "comments") == 0)
        return (covet__relation){comment_columns, 4, true};
    return (covet__relation){user_columns, 2, strcmp(name->name, "view") != 0};
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(name, names) is_one_of(name, names, COVET_COUNT(names))

static covet__function function_of(const char *name)
{
    static const char *const aggregates[] = {"count",  "sum",      "avg",     "min",
                                             "max",    "bool_and", "bool_or", "bit_and",
                                             "bit_or", "array_agg"};
    static const char *const windows[] = {"rank", "row_number", "lag"};
    static const char *const of_a_moment[] = {
        "now", "transaction_timestamp", "statement_timestamp", "age", "to_char", "current_setting"};
    static const char *const of_a_call[] = {"random", "nextval"};
    covet__function f = {.name = name, .known = true, .builtin = true, .volatility = 'i'};
    f.aggregate = IS_ONE_OF(name, aggregates);
    f.window = IS_ONE_OF(name, windows);
    if (IS_ONE_OF(name, of_a_call))
        f.volatility = 'v';
    if (IS_ONE_OF(name, of_a_moment))
        f.volatility = 's';
    if (strncmp(name, "my_", 3) == 0) {
        f.builtin = false;
        f.volatility = strcmp(name, "my_pure") == 0 ? 'i' : 'v';
    }
    return f;
}

void world_schema(const covet__parse *parse, covet__schema *ret_schema)
{
    const covet__outline *o = &parse->outline;
    *ret_schema = (covet__schema){
        .relations = covet_arena_alloc(parse->arena, (o->name_count + 1) * sizeof(covet__relation)),
        .relation_count = o->name_count,
        .functions =
            covet_arena_alloc(parse->arena, (o->function_count + 1) * sizeof(covet__function)),
        .function_count = o->function_count};
    for (uint32_t i = 0; i < o->name_count; i++)
        ret_schema->relations[i] = relation_of(&o->names[i]);
    for (uint32_t i = 0; i < o->function_count; i++)
        ret_schema->functions[i] = function_of(o->functions[i]);
}

/* ---- views ---- */

/* As pg_get_viewdef prints them. */
static const char *const views[][3] = {
    {"public", "recent", " SELECT posts.id,\n    posts.title\n   FROM covet_shell.posts;"},
    {"public", "Of it", " SELECT recent.id\n   FROM public.recent;"},
    {"public", "slugs", " SELECT posts_3.slug\n   FROM covet_shell.posts_3;"},
    {"public", "names", " SELECT u.name FROM app_reference.users u;"},
    {"public", "near", " SELECT local.id FROM public.local;"},
    {"public", "mixed",
     " WITH posts AS (SELECT 1 AS a) SELECT a.id, n.id AS b FROM posts p, covet_shell.posts a,"
     " public.near n, pg_class c;"},
    {"public", "self", " SELECT 1 FROM public.self;"},
};

static void put(PGresult *pg, int row, int column, const char *text)
{
    PQsetvalue(pg, row, column, (char *)(uintptr_t)text, (int)strlen(text));
}

void world_views(const covet__parse *parse, covet_result *ret_rows)
{
    static PGresAttDesc columns[4] = {{.name = (char *)(uintptr_t) "n", .typid = 20},
                                      {.name = (char *)(uintptr_t) "schema"},
                                      {.name = (char *)(uintptr_t) "name"},
                                      {.name = (char *)(uintptr_t) "definition"}};
    PGresult *pg = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PQsetResultAttrs(pg, 4, columns);
    int row = 0;
    for (size_t v = 0; v < COVET_COUNT(views); v++) {
        bool named = false;
        for (uint32_t i = 0; i <= parse->outline.name_count; i++) {
            char n[16] = "0";
            if (i < parse->outline.name_count) {
                if (strcmp(parse->outline.names[i].name, views[v][1]) != 0)
                    continue;
                snprintf(n, sizeof n, "%u", i + 1);
                named = true;
            } else if (named) {
                continue;
            }
            put(pg, row, 0, n);
            for (int c = 0; c < 3; c++)
                put(pg, row, c + 1, views[v][c]);
            row++;
        }
    }
    covet__result_single(ret_rows, pg);
}

/* ---- a description ---- */

static uint32_t type_of(const covet__facts *facts, uint32_t column)
{
    switch (column < facts->item_count ? facts->items[column].agg : COVET__AGG_NONE) {
    case COVET__AGG_AVG: return COVET__NUMERIC;
    case COVET__AGG_BOOL_AND:
    case COVET__AGG_BOOL_OR: return COVET__BOOL;
    default: return COVET__INT8;
    }
}

/* A star stands for as many columns as blog.posts has, whatever it is a star of. */
static uint32_t columns_of(const covet__parse *parse, const covet__facts *facts)
{
    uint32_t count = facts->item_count;
    for (uint32_t i = 0; i < facts->item_count; i++)
        if (parse->text[facts->items[i].span.end - 1] == '*')
            count += (uint32_t)COVET_COUNT(blog_columns) - 1;
    return COVET_MAX(count, 3u);
}

covet__description world_describe(const covet__parse *parse, const covet__facts *facts)
{
    const uint32_t columns = columns_of(parse, facts), params = parse->outline.param_max;
    uint32_t *types = covet_arena_alloc(parse->arena, columns * sizeof *types);
    uint32_t *param_types = covet_arena_alloc(parse->arena, (params + 1) * sizeof *param_types);
    const char **names = covet_arena_alloc(parse->arena, columns * sizeof *names);
    for (uint32_t i = 0; i < params; i++)
        param_types[i] = COVET__INT8;
    for (uint32_t i = 0; i < columns; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%u", i + 1);
        names[i] = covet_arena_copy(parse->arena, name, strlen(name));
        types[i] = type_of(facts, i);
    }
    return (covet__description){.param_types = param_types,
                                .param_count = params,
                                .names = names,
                                .types = types,
                                .column_count = columns,
                                .known = true};
}

covet_status world_plan(const char *sql, covet__plan **ret_plan, bool *ret_unfinished,
                        covet_error *err)
{
    covet__parse *parse = NULL;
    covet__schema schema;
    COVET_TRY(covet__parse_new(sql, strlen(sql), &parse, err));
    world_schema(parse, &schema);
    covet__facts *facts = covet_arena_alloc(parse->arena, sizeof *facts);
    const covet_status status = covet__facts_build(parse, world, &schema, facts, err);
    if (status != COVET_OK) {
        covet__parse_free(parse);
        return status;
    }
    const covet__description described = world_describe(parse, facts);
    return covet__plan_decide(parse, facts, world, &described, ret_plan, ret_unfinished, err);
}
