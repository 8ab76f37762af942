/*
 * shard/ids.c - ids for new rows, in blocks from the catalog (DESIGN 5.16).
 *
 * A block is taken by one UPDATE of covet.ids and then given out here without asking
 * anybody. Blocks grow while they are used up within a second, so a busy service asks
 * rarely and an idle one wastes little; ids that are left when the process ends are
 * never given out, as with a sequence's cache.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pqerror.h"
#include "core/types.h"
#include "shard/handle.h"

enum { BLOCK_MIN = 32, BLOCK_MAX = 8192, FAST_MSEC = 1000 };

/* The ids of one column: those of the block in hand, and who waits for the next one. */
typedef struct id_source {
    covet__link link;
    covet_db *db;
    uint32_t table;
    char *column;
    int64_t next, end; /* the block in hand: next <= id < end */
    uint32_t block;    /* how many to ask for */
    covet_msec taken_at;
    covet__link waiting; /* operations */
    bool asking;
    covet__want want;
    char table_text[16], block_text[16];
    const char *values[3];
} id_source;

struct covet__ids {
    covet_db *db;
    covet__link sources;
};

static void ask(id_source *source);

covet_status covet__ids_new(covet_db *db, covet__ids **ret_ids, covet_error *err)
{
    covet__ids *ids = covet__zalloc(sizeof *ids);
    if (ids == NULL)
        return covet__fail(err, COVET_ENOMEM, "ids: out of memory");
    ids->db = db;
    covet__list_init(&ids->sources);
    *ret_ids = ids;
    return COVET_OK;
}

void covet__ids_free(covet__ids *ids)
{
    if (ids == NULL)
        return;
    COVET_LIST_EACH (source, &ids->sources, id_source, link) {
        if (source->asking)
            covet__pool_unwant(&source->want);
        covet__list_remove(&source->link);
        covet__free(source->column);
        covet__free(source);
    }
    covet__free(ids);
}

static id_source *find(covet__ids *ids, uint32_t table, const char *column)
{
    COVET_LIST_EACH (source, &ids->sources, id_source, link)
        if (source->table == table && strcmp(source->column, column) == 0)
            return source;
    id_source *source = covet__zalloc(sizeof *source);
    if (source == NULL || (source->column = covet__strdup(column)) == NULL) {
        covet__free(source);
        return NULL;
    }
    source->db = ids->db;
    source->table = table;
    source->block = BLOCK_MIN;
    covet__list_init(&source->waiting);
    covet__list_append(&ids->sources, &source->link);
    return source;
}

/* ---- asking -------------------------------------------------------------------------------- */

static void fail_waiting(id_source *source, const covet_error *why)
{
    covet_error err = *why;
    covet__prefix(&err, "no id for column \"%s\"", source->column);
    err.outcome = COVET_OUTCOME_NOT_SENT;
    covet__op_fail_list(&source->waiting, &err);
}

static void wake_waiting(id_source *source)
{
    covet__link waiting;
    covet__list_init(&waiting);
    covet__list_splice(&waiting, &source->waiting);
    while (!covet__list_empty(&waiting)) {
        covet_op *op = COVET_CONTAINER(waiting.next, covet_op, wait);
        covet__list_remove(&op->wait);
        covet__op_proceed(op);
    }
}

static void take_block(id_source *source, const PGresult *result)
{
    covet_error err;
    const int rows = PQntuples(result);
    if (rows != 1) {
        covet__fail_state(&err, COVET_ESQL, "2200H",
                          "reached maximum value of sequence (covet.ids has none left for it)");
        fail_waiting(source, &err);
        return;
    }
    source->next = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    source->end = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    const covet_msec now = covet__now();
    if (source->taken_at != 0 && now - source->taken_at < FAST_MSEC)
        source->block = COVET_MIN(source->block * 2, (uint32_t)BLOCK_MAX);
    else if (source->block > BLOCK_MIN)
        source->block /= 2;
    source->taken_at = now;
    wake_waiting(source);
}

static void on_block(covet__req *req, const covet__fault *fault)
{
    id_source *source = COVET_CONTAINER(req, id_source, want.req);
    PGresult *result = COVET_TAKE(req->result);
    covet_error err;
    source->asking = false;
    if (fault == NULL && PQresultStatus(result) == PGRES_TUPLES_OK) {
        take_block(source, result);
    } else if (fault != NULL && fault->result == NULL) {
        ask(source); /* a block may be lost with the answer: a gap, no more */
    } else {
        covet__pq_error(fault != NULL ? fault->result : result, &err);
        fail_waiting(source, &err);
    }
    PQclear(result);
}

static void on_failed(covet__want *want, const covet_error *err)
{
    id_source *source = COVET_CONTAINER(want, id_source, want);
    source->asking = false;
    fail_waiting(source, err);
}

static void ask(id_source *source)
{
    static const covet__sql sql = {.text = covet__catalog_take_ids_sql, .nparams = 3};
    covet_db *db = source->db;
    covet_error err;
    covet__server *server =
        db->topology.map != NULL ? covet__db_group(db, db->topology.map->home) : NULL;
    if (covet__list_empty(&source->waiting) || source->asking)
        return;
    if (server == NULL) {
        covet__fail(&err, COVET_ECATALOG, "there is no home group");
        fail_waiting(source, &err);
        return;
    }
    snprintf(source->table_text, sizeof source->table_text, "%u", source->table);
    snprintf(source->block_text, sizeof source->block_text, "%u", source->block);
    source->values[0] = source->table_text;
    source->values[1] = source->column;
    source->values[2] = source->block_text;
    source->want = (covet__want){.req = {.sql = &sql, .values = source->values, .done = on_block},
                                 .urgent = true,
                                 .answer = on_failed};
    source->asking = true;
    if (covet__pool_want(server->pool, &source->want, &err) != COVET_OK) {
        source->asking = false;
        fail_waiting(source, &err);
    }
}

/* ---- taking -------------------------------------------------------------------------------- */

/* How many of the plan's ids come from the source of `at`, which is the first of them. */
static uint32_t count_alike(const covet__insert *insert, uint32_t at)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < insert->id_count; i++) {
        if (insert->ids[i].id != insert->ids[at].id)
            continue;
        if (i < at)
            return 0;
        count++;
    }
    return count;
}

covet_status covet__ids_take(covet_op *op, covet_error *err)
{
    const covet__insert *insert = &op->plan->facts->insert;
    covet_value *values = covet_arena_alloc(op->arena, insert->id_count * sizeof *values);
    if (values == NULL)
        return covet__fail(err, COVET_ENOMEM, "ids: out of memory");
    /* First that all are there, then take them: an operation that waits holds none. */
    for (uint32_t i = 0; i < insert->id_count; i++) {
        id_source *source = find(op->db->ids, insert->table->id, insert->ids[i].id->column);
        const uint32_t wanted = count_alike(insert, i);
        if (source == NULL)
            return covet__fail(err, COVET_ENOMEM, "ids: out of memory");
        if (source->end - source->next >= wanted)
            continue;
        while (source->block < wanted && source->block < UINT32_MAX / 2)
            source->block *= 2;
        covet__op_wait_in(op, &source->waiting);
        ask(source);
        return COVET_EBUSY;
    }
    for (uint32_t i = 0; i < insert->id_count; i++)
        values[i] =
            covet_int(find(op->db->ids, insert->table->id, insert->ids[i].id->column)->next++);
    op->ids = values;
    op->id_count = insert->id_count;
    return COVET_OK;
}
