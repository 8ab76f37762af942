/* shard/stmt.c - texts that were seen, and their plans (shard/handle.h). */
#include <string.h>

#include "core/hash.h"
#include "shard/handle.h"

enum { PLAN_BYTES_MAX = 64 * 1024 * 1024 };

covet__stmt *covet__stmt_intern(covet_db *db, const char *text, size_t length, bool partial,
                                bool timed)
{
    const uint64_t hash = covet__hash64(text, length);
    for (covet__node *n = covet__table_find(&db->stmts, hash); n != NULL;
         n = covet__table_next(n)) {
        covet__stmt *stmt = COVET_CONTAINER(n, covet__stmt, node);
        if (stmt->length == length && stmt->partial == partial && stmt->timed == timed &&
            memcmp(stmt->text, text, length) == 0) {
            covet__list_remove(&stmt->lru);
            covet__list_append(&db->stmt_lru, &stmt->lru);
            return stmt;
        }
    }
    covet__stmt *stmt = covet__zalloc(sizeof *stmt);
    if (stmt == NULL)
        return NULL;
    covet__list_init(&stmt->lru);
    covet__list_init(&stmt->waiting);
    stmt->length = length;
    stmt->partial = partial;
    stmt->timed = timed;
    stmt->text = covet__strndup(text, length);
    if (stmt->text == NULL || covet__table_insert(&db->stmts, &stmt->node, hash) != COVET_OK) {
        covet__free(stmt->text);
        covet__free(stmt);
        return NULL;
    }
    covet__list_append(&db->stmt_lru, &stmt->lru);
    db->stmt_bytes += sizeof *stmt + length;
    return stmt;
}

bool covet__stmt_is_planned(const covet_db *db, const covet__stmt *stmt)
{
    return stmt->plan != NULL && stmt->plan->map == db->topology.map;
}

/* What a plan takes grows as statements are made for its shards; it is counted again
 * whenever it is looked at. */
static void drop_plan(covet_db *db, covet__stmt *stmt)
{
    if (stmt->plan == NULL)
        return;
    db->stmt_bytes -= COVET_MIN(db->stmt_bytes, stmt->plan_bytes);
    covet__plan_unref(stmt->plan);
    stmt->plan = NULL;
    stmt->plan_bytes = 0;
}

void covet__stmt_count(covet_db *db, covet__stmt *stmt)
{
    if (stmt->plan == NULL || stmt->plan->bytes == stmt->plan_bytes)
        return;
    db->stmt_bytes += stmt->plan->bytes - stmt->plan_bytes;
    stmt->plan_bytes = stmt->plan->bytes;
}

void covet__stmt_set_plan(covet_db *db, covet__stmt *stmt, covet__plan *plan)
{
    drop_plan(db, stmt);
    stmt->plan = plan;
    covet__stmt_count(db, stmt);
    covet__stmts_trim(db);
}

static bool is_in_use(const covet__stmt *stmt)
{
    return stmt->prepare != NULL || stmt->users > 0 || !covet__list_empty(&stmt->waiting);
}

static void destroy(covet_db *db, covet__stmt *stmt)
{
    drop_plan(db, stmt);
    covet__list_remove(&stmt->lru);
    covet__table_remove(&db->stmts, &stmt->node);
    db->stmt_bytes -= COVET_MIN(db->stmt_bytes, sizeof *stmt + stmt->length);
    covet__free(stmt->text);
    covet__free(stmt);
}

void covet__stmts_trim(covet_db *db)
{
    COVET_LIST_EACH (stmt, &db->stmt_lru, covet__stmt, lru) {
        if (db->stmts.count <= db->opts.plans_max && db->stmt_bytes <= PLAN_BYTES_MAX)
            return;
        if (!is_in_use(stmt))
            destroy(db, stmt);
    }
}

void covet__stmts_free(covet_db *db)
{
    COVET_LIST_EACH (stmt, &db->stmt_lru, covet__stmt, lru)
        destroy(db, stmt);
    covet__table_free(&db->stmts);
}
