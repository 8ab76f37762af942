// tools/examples/plain.cc - the layer under the macros, from C++.
//
//     COVET_DSN="host=... dbname=blog" plain
//
// The macros are C11. Under them is a layer of functions and values that does all they do,
// with names as strings: a model is described by a table, querysets are built by calls.

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <covet/covet.h>

namespace {

struct Post {
    covet_row covet_; // always first
    int64_t id;
    const char *title;
    bool is_published;
};

covet_field field(const char *name, covet_field_kind kind, std::size_t offset)
{
    covet_field f = {};
    f.name = name;
    f.kind = kind;
    f.offset = offset;
    f.primary_key = kind == COVET_FIELD_BigAuto;
    return f;
}

const covet_field post_fields[] = {
    field("id", COVET_FIELD_BigAuto, offsetof(Post, id)),
    field("title", COVET_FIELD_Char, offsetof(Post, title)),
    field("is_published", COVET_FIELD_Boolean, offsetof(Post, is_published)),
};

covet_model describe_post()
{
    covet_model model = {};
    model.size = sizeof model;
    model.name = "Post";
    model.db_table = "posts";
    model.row_size = sizeof(Post);
    model.fields = post_fields;
    model.field_count = sizeof post_fields / sizeof post_fields[0];
    return model;
}

const covet_model post_model = describe_post();

covet_row_type describe_row()
{
    covet_row_type type = {};
    type.size = sizeof type;
    type.name = "Post";
    type.model = &post_model;
    type.row_size = sizeof(Post);
    return type;
}

const covet_row_type post_type = describe_row();

struct CloseDb {
    void operator()(covet_db *db) const { covet_close_wait(db); }
};
struct FreeArena {
    void operator()(covet_arena *arena) const { covet_arena_free(arena); }
};

int fail(const covet_error &err)
{
    std::fprintf(stderr, "%s: %s\n", covet_status_name(err.status), err.message);
    return 1;
}

int run()
{
    covet_error err;
    covet_db_opts opts;
    covet_db_opts_init(&opts);
    opts.dsn = std::getenv("COVET_DSN");
    covet_db *opened = nullptr;
    if (covet_open_wait(&opts, &opened, &err) != COVET_OK)
        return fail(err);
    const std::unique_ptr<covet_db, CloseDb> db(opened);
    covet_arena *made = nullptr;
    if (covet_arena_new(0, &made, &err) != COVET_OK)
        return fail(err);
    const std::unique_ptr<covet_arena, FreeArena> arena(made);

    const covet_q published = covet_q_kw("is_published", covet_bool(true));
    const covet_q early = covet_q_kw("id__lte", covet_int(30));
    const char *const order[] = {"-id"};
    covet_qs *posts = covet_qs_new(arena.get(), &post_type);
    posts = covet_qs_filter(posts, &published);
    posts = covet_qs_filter(posts, &early);
    posts = covet_qs_order_by(posts, order, 1);
    posts = covet_qs_limit(posts, 5);
    void *rows = nullptr;
    std::size_t count = 0;
    if (covet_qs_all_wait(db.get(), posts, nullptr, &rows, &count, &err) != COVET_OK)
        return fail(err);
    const Post *const post = static_cast<const Post *>(rows);
    for (std::size_t i = 0; i < count; i++)
        std::printf("%ld %s\n", static_cast<long>(post[i].id), post[i].title);
    return 0;
}

} // namespace

int main() { return run(); }
