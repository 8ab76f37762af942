/*
 * tools/mover.c - rows, from one table at home to many.
 *
 *     COPY ... TO STDOUT --> row --> its key's hash --> range --> a buffer for each target
 *                                                                   | too much in all
 *                                                                   v
 *                                    COPY ... FROM STDIN <-- worker of the group
 *
 * Rows stay the text that PostgreSQL wrote. The key comes first in it and is understood
 * exactly as the library will understand it in a query (shard/key_wire.h).
 *
 * Memory is bounded whatever the tables' size: so many bytes in buffers, and as many again
 * with the workers. What goes is whatever is longer than the average, so that it is few
 * COPYs, and looking for it costs little for each row.
 */
#include <string.h>

#include "shard/key_wire.h"
#include "shard/ring_build.h"
#include "tools/distribute.h"

enum { BUFFERED_MAX = 8 << 20 };

typedef struct mover {
    const move *set;
    move_table *table;
    group_crew *crew;
    covet_ring *ring; /* NULL: every row goes everywhere */
    const char *columns;
    covet__str *buffers; /* of the targets */
    size_t buffered;
    covet__str key; /* unescaped */
} mover;

/* ---- the key --------------------------------------------------------------------------- */

/* One field of COPY's text: what stands for the character after a backslash. */
static char unescape(char c)
{
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return c;
    }
}

static covet_status hash_key(mover *m, const char *row, size_t length, uint64_t *ret_hash,
                             covet_error *err)
{
    size_t end = 0;
    bool escaped = false;
    while (end < length && row[end] != '\t' && row[end] != '\n')
        escaped = row[end++] == '\\' || escaped;
    const uint32_t type = m->table->key->type_oid;
    covet_status status;
    if (escaped) {
        covet__str_clear(&m->key);
        for (size_t i = 0; i < end; i++) {
            const bool follows = row[i] == '\\' && i + 1 < end;
            covet__str_char(&m->key, follows ? unescape(row[++i]) : row[i]);
        }
        if (!covet__str_ok(&m->key))
            return covet__fail(err, COVET_ENOMEM, "out of memory");
        status = covet__key_hash_text(type, m->key.text, m->key.length, ret_hash, err);
    } else {
        status = covet__key_hash_text(type, row, end, ret_hash, err);
    }
    if (status != COVET_OK)
        covet__prefix(err, "%s: a value of \"%s\"", m->table->def->name, m->table->key->name);
    return status;
}

/* ---- buffers --------------------------------------------------------------------------- */

static covet_status flush(mover *m, size_t target, covet_error *err)
{
    const move_target *to = &m->set->targets[target];
    covet__str sql = {0};
    covet__str_add(&sql, "COPY ");
    covet__str_qualified(&sql, to->schema, m->table->physical);
    covet__str_printf(&sql, " (%s) FROM STDIN", m->columns);
    m->buffered -= m->buffers[target].length;
    const covet_status status = covet__str_ok(&sql)
                                    ? crew_copy(m->crew, to->group, covet__str_text(&sql),
                                                &m->buffers[target], &m->table->copied, err)
                                    : covet__fail(err, COVET_ENOMEM, "out of memory");
    covet__str_free(&sql);
    return status;
}

static covet_status flush_over(mover *m, size_t length, covet_error *err)
{
    for (size_t i = 0; i < m->set->target_count; i++)
        if (m->buffers[i].length > 0 && m->buffers[i].length >= length)
            COVET_TRY(flush(m, i, err));
    return COVET_OK;
}

static covet_status keep(mover *m, size_t target, const char *row, size_t length, covet_error *err)
{
    covet__str_bytes(&m->buffers[target], row, length);
    if (!covet__str_ok(&m->buffers[target]))
        return covet__fail(err, COVET_ENOMEM, "out of memory");
    m->buffered += length;
    return COVET_OK;
}

static covet_status take_row(void *user, const char *row, size_t length, covet_error *err)
{
    mover *m = user;
    if (cli_interrupted() != 0)
        return covet__fail(err, COVET_ECANCELED, "interrupted");
    m->table->rows++;
    if (m->ring != NULL) {
        uint64_t hash;
        COVET_TRY(hash_key(m, row, length, &hash, err));
        COVET_TRY(keep(m, covet_ring_locate(m->ring, hash), row, length, err));
    } else {
        for (size_t i = 0; i < m->set->target_count; i++)
            COVET_TRY(keep(m, i, row, length, err));
    }
    if (m->buffered < BUFFERED_MAX)
        return COVET_OK;
    return flush_over(m, m->buffered / m->set->target_count, err);
}

/* ---- a table --------------------------------------------------------------------------- */

static covet_status make_ring(const covet__map *map, covet_ring **ret_ring, covet_error *err)
{
    COVET_AUTO_FREE covet_ring_range *ranges = covet__alloc(map->shard_count * sizeof *ranges);
    if (ranges == NULL)
        return covet__fail(err, COVET_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < map->shard_count; i++)
        ranges[i] = (covet_ring_range){map->shards[i].lo, map->shards[i].id, map->shards[i].group};
    return covet__ring_build(ranges, map->shard_count, ret_ring, err);
}

static covet_status copy_all(mover *m, covet_error *err)
{
    cli_run *run = m->set->cluster->run;
    if (m->table->key != NULL)
        COVET_TRY(make_ring(m->set->cluster->map, &m->ring, err));
    COVET_TRY(covet__session_copy_out(m->set->cluster->home,
                                      cli_printf(run, "COPY %s (%s) TO STDOUT",
                                                 sql_name(run, CLUSTER_OLD, m->table->physical),
                                                 m->columns),
                                      take_row, m, err));
    return flush_over(m, 0, err);
}

covet_status mover_copy(const move *set, move_table *table, group_crew *crew, covet_error *err)
{
    mover m = {.set = set, .table = table, .crew = crew};
    m.columns =
        ddl_columns(set->cluster->run, table->def, table->key != NULL ? table->key->name : NULL);
    m.buffers = covet__zalloc(set->target_count * sizeof *m.buffers);
    table->rows = table->copied = 0;
    const covet_status status =
        m.buffers != NULL ? copy_all(&m, err) : covet__fail(err, COVET_ENOMEM, "out of memory");
    for (size_t i = 0; m.buffers != NULL && i < set->target_count; i++)
        covet__str_free(&m.buffers[i]);
    covet__free(m.buffers);
    covet__str_free(&m.key);
    covet__ring_free(m.ring);
    return status;
}
