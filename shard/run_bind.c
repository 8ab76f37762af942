#include <stdlib.h>
#include <string.h>

#include "core/types.h"
#include "shard/plan_terms.h"
#include "shard/run_bind.h"

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
}

/* ---- parameters ------------------------------------------------------------------------------ */

/* LIMIT and OFFSET count rows: NULL is none, a negative one is the server's own error. */
static covet_status take_count(const covet_op *op, const covet__count *count, const char *sqlstate,
                               const char *what, bool *ret_given, int64_t *ret, covet_error *err)
{
    *ret_given = false;
    *ret = 0;
    if (!count->given || count->term.kind == COVET__TERM_NULL)
        return COVET_OK;
    int64_t value = count->term.i;
    if (count->term.kind == COVET__TERM_PARAM) {
        const covet_value *v = &op->values[count->term.number - 1];
        if (v->kind == COVET_VALUE_NULL)
            return COVET_OK;
        if (v->kind == COVET_VALUE_TEXT) {
            char *end;
            value = strtoll(v->u.p, &end, 10);
            if (*end != '\0' || v->length == 0)
                return covet__fail_state(err, COVET_ETYPE, "22P02",
                                         "invalid input syntax for %s: not an integer", what);
        } else if (v->kind == COVET_VALUE_INT) {
            value = v->u.i;
        } else {
            return covet__fail_state(err, COVET_ETYPE, "42804", "%s must be an integer", what);
        }
    }
    if (value < 0)
        return covet__fail_state(err, COVET_ESQL, sqlstate, "%s must not be negative", what);
    *ret_given = true;
    *ret = value;
    return COVET_OK;
}

static covet_status take_counts(covet_op *op, covet_error *err)
{
    bool offset_given;
    COVET_TRY(take_count(op, &op->plan->facts->limit, "2201W", "LIMIT", &op->limit_given,
                         &op->limit, err));
    return take_count(op, &op->plan->facts->offset, "2201X", "OFFSET", &offset_given, &op->offset,
                      err);
}

/* What a shard is asked for: the rows that OFFSET skips may all be its own. */
static covet_value pushed_limit(const covet_op *op)
{
    if (!op->limit_given)
        return covet_null();
    return covet_int(op->limit > INT64_MAX - op->offset ? INT64_MAX : op->limit + op->offset);
}

static covet_status make_room(covet_op *op, covet_error *err)
{
    const size_t n = op->plan->sent_count;
    char *room =
        covet_arena_alloc(op->arena, n * (sizeof *op->params + sizeof *op->param_values +
                                          sizeof *op->param_lengths + sizeof *op->param_formats));
    if (room == NULL)
        return no_memory(err);
    op->params = (covet__param *)(void *)room;
    op->param_values = (const char **)(void *)(op->params + n);
    op->param_lengths = (int *)(void *)(op->param_values + n);
    op->param_formats = op->param_lengths + n;
    return COVET_OK;
}

static covet_status bind_one(covet_op *op, uint32_t at, const covet_value *value, covet_error *err)
{
    covet__param *param = &op->params[at];
    /* A type of the user's is left to the server to name, and takes text. */
    COVET_TRY(covet__bind(value, op->plan->param_types[at], at + 1, op->arena, param, err));
    op->param_values[at] = param->bytes;
    op->param_lengths[at] = param->length;
    op->param_formats[at] = param->format;
    return COVET_OK;
}

static covet_status bind_moments(covet_op *op, covet_error *err)
{
    const uint32_t params[] = {op->plan->transaction_param, op->plan->statement_param};
    const covet_time times[] = {op->moments.transaction, op->moments.statement};
    for (size_t i = 0; i < COVET_COUNT(params); i++) {
        const covet_value value = covet_timestamp(times[i]);
        if (params[i] != 0)
            COVET_TRY(bind_one(op, params[i] - 1, &value, err));
    }
    return COVET_OK;
}

covet_status covet__run_bind(covet_op *op, covet_error *err)
{
    const covet__plan *plan = op->plan;
    if (op->value_count != plan->param_count)
        return covet__fail_state(err, COVET_EINVAL, "08P01",
                                 "%u parameters were given, but the statement requires %u",
                                 op->value_count, plan->param_count);
    COVET_TRY(make_room(op, err));
    for (uint32_t i = 0; i < plan->param_count; i++)
        COVET_TRY(bind_one(op, i, &op->values[i], err));
    uint32_t next = plan->param_count;
    for (uint32_t i = 0; i < op->id_count; i++)
        COVET_TRY(bind_one(op, next++, &op->ids[i], err));
    if (plan->tier == COVET__TIER_SCATTER)
        COVET_TRY(take_counts(op, err));
    COVET_TRY(bind_moments(op, err));
    if (plan->limit_param != 0) {
        const covet_value limit = pushed_limit(op);
        COVET_TRY(bind_one(op, plan->limit_param - 1, &limit, err));
    }
    return COVET_OK;
}

/* ---- shards -------------------------------------------------------------------------------- */

/* The key of an INSERT's row: given, or taken from the block. */
static covet_status row_hash(const covet_op *op, uint32_t row, uint64_t *ret_hash, covet_error *err)
{
    const covet__insert *insert = &op->plan->facts->insert;
    const covet__term *key = &insert->rows[row].key;
    bool is_null = true;
    if (key->kind == COVET__TERM_DEFAULT) {
        for (uint32_t i = 0; i < insert->id_count && is_null; i++)
            if (insert->ids[i].row == row && insert->ids[i].is_key)
                COVET_TRY(covet__value_hash(&op->ids[i], insert->table->key_type, ret_hash,
                                            &is_null, err));
    } else {
        COVET_TRY(
            covet__term_hash(key, insert->table->key_type, op->values, ret_hash, &is_null, err));
    }
    if (!is_null)
        return COVET_OK;
    covet__fail_state(err, COVET_ESQL, "23502",
                      "null value in column \"%s\" of relation \"%s\" violates not-null constraint "
                      "(it is the shard key and must be given)",
                      insert->table->key_column, insert->table->name);
    if (err != NULL) {
        err->outcome = COVET_OUTCOME_NOT_SENT;
        covet__copy(err->column, sizeof err->column, insert->table->key_column);
        covet__copy(err->table, sizeof err->table, insert->table->name);
    }
    return COVET_ESQL;
}

/* varchar(n) cuts off blanks behind its n characters, and refuses anything else. */
static covet_status check_width(const covet_op *op, uint32_t row, covet_error *err)
{
    const covet__insert *insert = &op->plan->facts->insert;
    const covet__term *key = &insert->rows[row].key;
    const int32_t width = insert->table->key_typmod - 4;
    const char *text = key->kind == COVET__TERM_TEXT ? key->text : NULL;
    size_t length = text != NULL ? strlen(text) : 0, characters = 0;
    if (insert->table->key_type != COVET__VARCHAR || insert->table->key_typmod < 4)
        return COVET_OK;
    if (key->kind == COVET__TERM_PARAM && op->values[key->number - 1].kind == COVET_VALUE_TEXT) {
        text = op->values[key->number - 1].u.p;
        length = op->values[key->number - 1].length;
    }
    for (size_t i = 0; i < length; i++)
        characters += ((unsigned char)text[i] & 0xC0) != 0x80;
    if (characters <= (size_t)width)
        return COVET_OK;
    return covet__fail_state(err, COVET_ESQL, "22001",
                             "value too long for type character varying(%d), the shard key \"%s\"",
                             width, insert->table->key_column);
}

static covet_status choose_insert(covet_op *op, uint32_t *ret_shard, covet_error *err)
{
    const covet__insert *insert = &op->plan->facts->insert;
    for (uint32_t row = 0; row < insert->row_count; row++) {
        uint64_t hash = 0;
        COVET_TRY(check_width(op, row, err));
        COVET_TRY(row_hash(op, row, &hash, err));
        const uint32_t shard = covet_ring_locate(op->db->topology.ring, hash);
        if (row > 0 && shard != *ret_shard) {
            covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                              "INSERT of rows for several shards into \"%s\" is not supported yet "
                              "(one INSERT for each row, or COPY)",
                              insert->table->name);
            if (err != NULL)
                err->outcome = COVET_OUTCOME_NOT_SENT;
            return COVET_EUNSUPPORTED;
        }
        *ret_shard = shard;
    }
    return COVET_OK;
}

static covet_status choose_route(covet_op *op, uint32_t *ret_shard, covet_error *err)
{
    const covet__facts *facts = op->plan->facts;
    uint64_t hash = 0;
    bool is_null;
    *ret_shard = 0; /* key = NULL holds for no row of any shard */
    COVET_TRY(covet__term_hash(&facts->key, facts->key_type, op->values, &hash, &is_null, err));
    if (!is_null)
        *ret_shard = covet_ring_locate(op->db->topology.ring, hash);
    return COVET_OK;
}

typedef struct shard_set {
    unsigned char *wanted;
    uint32_t count;
} shard_set;

static void add(const covet_op *op, shard_set *set, uint64_t hash)
{
    const uint32_t shard = covet_ring_locate(op->db->topology.ring, hash);
    set->count += !set->wanted[shard];
    set->wanted[shard] = 1;
}

/* False: only the server can read the array, so every shard is asked. */
static bool add_array(const covet_op *op, shard_set *set, const covet_value *v)
{
    const uint32_t type = op->plan->facts->key_type;
    for (size_t i = 0; i < v->length; i++) {
        uint64_t hash;
        bool is_null;
        covet_value item;
        if (v->kind == COVET_VALUE_INTS)
            item = covet_int(((const int64_t *)v->u.p)[i]);
        else if (v->kind == COVET_VALUE_TEXTS)
            item = covet_text(((const char *const *)v->u.p)[i]);
        else
            return false;
        if (covet__value_hash(&item, type, &hash, &is_null, NULL) != COVET_OK)
            return false;
        if (!is_null)
            add(op, set, hash);
    }
    return v->kind == COVET_VALUE_INTS || v->kind == COVET_VALUE_TEXTS;
}

static bool add_terms(const covet_op *op, shard_set *set)
{
    const covet__facts *facts = op->plan->facts;
    for (uint32_t i = 0; i < facts->pruned_count; i++) {
        const covet__term *term = &facts->pruned[i];
        uint64_t hash;
        bool is_null;
        if (!covet__term_is_usable(term, facts->key_type, op->plan->param_types,
                                   op->plan->param_count))
            return false;
        if (term->kind == COVET__TERM_ANY) {
            const covet_value *v = &op->values[term->number - 1];
            if (v->kind != COVET_VALUE_NULL && !add_array(op, set, v))
                return false;
        } else if (covet__term_hash(term, facts->key_type, op->values, &hash, &is_null, NULL) !=
                   COVET_OK) {
            return false;
        } else if (!is_null) {
            add(op, set, hash);
        }
    }
    return true;
}

static covet_status choose_scatter(covet_op *op, uint32_t *shards, uint32_t *ret_count,
                                   covet_error *err)
{
    const uint32_t all = op->plan->map->shard_count;
    shard_set set = {.wanted = covet_arena_alloc(op->arena, all)};
    if (set.wanted == NULL)
        return no_memory(err);
    memset(set.wanted, 0, all);
    if (op->plan->facts->pruned_count == 0 || !add_terms(op, &set)) {
        memset(set.wanted, 1, all);
        set.count = all;
    }
    if (set.count == 0) /* no key at all: one shard says so, with the right columns */
        set.wanted[0] = 1;
    for (uint32_t i = 0; i < all; i++)
        if (set.wanted[i])
            shards[(*ret_count)++] = i;
    return COVET_OK;
}

covet_status covet__run_choose(covet_op *op, uint32_t **ret_shards, uint32_t *ret_count,
                               covet_error *err)
{
    const bool scatter = op->plan->tier == COVET__TIER_SCATTER;
    const size_t room = scatter ? op->plan->map->shard_count : 1;
    uint32_t *shards = covet_arena_alloc(op->arena, room * sizeof *shards);
    if (shards == NULL)
        return no_memory(err);
    *ret_shards = shards;
    *ret_count = scatter ? 0 : 1;
    shards[0] = 0;
    if (scatter)
        return choose_scatter(op, shards, ret_count, err);
    return op->plan->kind == COVET__STMT_INSERT ? choose_insert(op, shards, err)
                                                : choose_route(op, shards, err);
}
