/*
 * orm/path.c - names become hops from table to table (orm/build.h).
 *
 *     post.author       1 hop    posts.author_id = auth_user.id                  direct
 *     post.comments     1 hop    posts.id = comments.post_id                     many
 *     post.tags         2 hops   posts.id = posts_tags.post_id                   many
 *                                posts_tags.tag_id = tags.id                     direct
 */
#include <string.h>

#include "orm/build.h"

void *covet__make(covet__builder *b, size_t size)
{
    void *memory = covet_arena_alloc(b->arena, size);
    if (memory != NULL)
        memset(memory, 0, size);
    else
        b->status = covet__fail(b->err, COVET_ENOMEM, "queryset: out of memory");
    return memory;
}

bool covet__next_name(const char **at, const char **ret_name, size_t *ret_length)
{
    const char *c = *at;
    while (*c == ' ' || *c == '>' || *c == '-')
        c++;
    if (*c == '\0')
        return false;
    *ret_name = c;
    while (*c != '\0' && *c != '-' && *c != ' ' && !(c[0] == '_' && c[1] == '_' && c > *ret_name))
        c++;
    *ret_length = (size_t)(c - *ret_name);
    *at = c[0] == '_' ? c + 2 : c;
    return true;
}

static covet_status no_memory(covet__builder *b)
{
    return b->status = covet__fail(b->err, COVET_ENOMEM, "queryset: out of memory");
}

/* A hop whose parts could not be made fails here. */
static covet_status add_hop(covet__builder *b, covet__path *path, covet__hop hop)
{
    if (b->status != COVET_OK)
        return b->status;
    if (hop.near_column == NULL || hop.far_column == NULL)
        return no_memory(b);
    if (path->count == COVET__HOPS_MAX)
        return b->status = covet__fail(b->err, COVET_EFIELD, "%s: a path over more than %d tables",
                                       path->start->name, COVET__HOPS_MAX);
    path->hops[path->count++] = hop;
    return COVET_OK;
}

static const char *pk_column(covet__builder *b, const covet_model *model)
{
    const covet_field *pk = covet__pk_of(model);
    if (pk != NULL)
        return covet__column_of(pk, b->arena);
    b->status = covet__fail(b->err, COVET_EINVAL, "model %s: has no primary key", model->name);
    return NULL;
}

static covet_status add_many(covet__builder *b, covet__path *path, const covet_model *here,
                             const covet_field *field)
{
    const char *here_pk = pk_column(b, here);
    if (field->kind == COVET_FIELD_REV) {
        const covet_field *behind = covet__field_behind(field);
        if (behind == NULL)
            return b->status = covet__fail(b->err, COVET_EINVAL,
                                           "model %s: \"%s\": %s has no foreign key "
                                           "\"%s\"",
                                           here->name, field->name, field->to->name,
                                           field->via != NULL ? field->via : "?");
        return add_hop(b, path,
                       (covet__hop){.model = field->to,
                                    .table = field->to->db_table,
                                    .near_column = here_pk,
                                    .far_column = covet__column_of(behind, b->arena),
                                    .many = !behind->unique,
                                    .nullable = true});
    }
    covet__through through;
    if (!covet__through_of(here, field, b->arena, &through))
        return no_memory(b);
    COVET_TRY(add_hop(b, path,
                      (covet__hop){.table = through.table,
                                   .near_column = here_pk,
                                   .far_column = through.here,
                                   .many = true,
                                   .nullable = true}));
    return add_hop(b, path,
                   (covet__hop){.model = field->to,
                                .table = field->to->db_table,
                                .near_column = through.there,
                                .far_column = pk_column(b, field->to),
                                .direct = true});
}

static covet_status add_relation(covet__builder *b, covet__path *path, const covet_model *here,
                                 const covet_field *field)
{
    const covet_status status = covet__model_usable(field->to, b->err);
    if (status != COVET_OK)
        return b->status = status;
    if (field->kind != COVET_FIELD_FK)
        return add_many(b, path, here, field);
    return add_hop(b, path,
                   (covet__hop){.model = field->to,
                                .table = field->to->db_table,
                                .near_column = covet__column_of(field, b->arena),
                                .far_column = pk_column(b, field->to),
                                .direct = true,
                                .nullable = field->null});
}

static covet_status finish(covet__builder *b, covet__path *path)
{
    const bool relation = covet__is_relation(path->field->kind);
    const covet_field *field = relation ? covet__pk_of(path->model) : path->field;
    path->target = (covet__target){.column = covet__column_of(field, b->arena),
                                   .kind = field->kind,
                                   .null = field->null,
                                   .primary = field->primary_key};
    return path->target.column != NULL ? COVET_OK : no_memory(b);
}

covet_status covet__path_find(covet__builder *b, const covet_model *model,
                              const covet_row_type *type, const char *text, covet__path *path,
                              covet_lookup *ret_lookup)
{
    const char *at = text, *name;
    size_t length;
    path->start = path->model = model;
    path->count = 0;
    path->field = NULL;
    path->by_column = path->by_pk = false;
    if (ret_lookup != NULL)
        *ret_lookup = COVET_LOOKUP_exact;
    while (covet__next_name(&at, &name, &length)) {
        const bool open = path->field == NULL || covet__is_relation(path->field->kind);
        const covet_field *field =
            open ? covet__field_find(path->model, name, length, &path->by_column) : NULL;
        if (field == NULL && path->field != NULL && ret_lookup != NULL && *at == '\0' &&
            covet__lookup_find(name, length, ret_lookup))
            break;
        if (field == NULL)
            return b->status = open
                                   ? covet__no_field(path->model, path->field == NULL ? type : NULL,
                                                     name, length, b->err)
                                   : covet__no_lookup(path->field, name, length, b->err);
        path->field = field;
        path->by_pk = length == 2 && strncmp(name, "pk", 2) == 0;
        if (!covet__is_relation(field->kind))
            continue;
        COVET_TRY(add_relation(b, path, path->model, field));
        path->model = field->to;
    }
    if (path->field == NULL)
        return b->status = covet__fail(b->err, COVET_EFIELD, "%s: an empty path", model->name);
    return finish(b, path);
}
