#include "shard/group_sql.h"

#include "shard/stream.h"

enum {
    ROWS_SMALL = 1000,   /* of a LIMIT and its OFFSET: a part for each shard */
    BRANCHES_MAX = 1000, /* as deep as anything may be nested (shard/README.md) */
    BYTES_MAX = 4 << 20, /* of all branches together */
};

bool covet__group_is_small(const covet_op *op)
{
    return op->limit_given && op->limit <= ROWS_SMALL && op->offset <= ROWS_SMALL - op->limit;
}

bool covet__group_can(const covet_op *op, uint32_t shard_count)
{
    const covet__plan *plan = op->plan;
    return plan->read_only && shard_count <= BRANCHES_MAX &&
           shard_count * (size_t)plan->edits.length <= BYTES_MAX;
}

bool covet__group_pays(const covet_op *op, uint32_t shard_count)
{
    if (op->stream != NULL && covet__stream_suits(op))
        return true;
    return covet__group_can(op, shard_count) && op->plan->merge == COVET__MERGE_SORTED &&
           !covet__group_is_small(op);
}

static void put_order(const covet__plan *plan, covet__str *out)
{
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const covet__merge_key *key = &plan->keys[i];
        covet__str_printf(out, "%s%u %s NULLS %s", i == 0 ? "\nORDER BY " : ", ", key->column + 1,
                          key->order.descending ? "DESC" : "ASC",
                          key->order.nulls_first ? "FIRST" : "LAST");
    }
}

covet_status covet__group_statement(covet_op *op, const uint32_t *shards, uint32_t count,
                                    const covet__sql **ret_sql, covet_error *err)
{
    const covet__plan *plan = op->plan;
    covet__str text = COVET__STR_IN(op->arena);
    for (uint32_t i = 0; i < count; i++) {
        covet__str_add(&text, i == 0 ? "(" : "\nUNION ALL\n(");
        covet__edits_apply(&plan->edits, plan->map, plan->map->shards[shards[i]].schema, &text);
        covet__str_char(&text, ')');
    }
    if (plan->merge == COVET__MERGE_SORTED)
        put_order(plan, &text);
    if (plan->limit_param != 0)
        covet__str_printf(&text, "\nLIMIT $%u", plan->limit_param);
    covet__sql *sql = covet_arena_alloc(op->arena, sizeof *sql);
    const char *taken = covet__str_take(&text);
    if (sql == NULL || taken == NULL)
        return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
    *sql = (covet__sql){.text = taken,
                        .nparams = plan->sent_count,
                        .types = plan->param_types,
                        .binary = plan->binary,
                        .read_only = true};
    *ret_sql = sql;
    return COVET_OK;
}
