/*
 * tools/copy_out.c - COPY that only goes through: of local tables both ways, and out of the
 * shards.
 */
#include <stdio.h>
#include <string.h>

#include "tools/sql.h"

enum { LINE_KEPT = 1 << 20 };

/* ---- as it is ------------------------------------------------------------------------------ */

/* A line \. ends the data, as in psql. */
static bool is_end(const char *line, size_t length)
{
    return length >= 2 && memcmp(line, "\\.", 2) == 0 &&
           (length == 2 || (length == 3 && line[2] == '\r'));
}

/* How many of these bytes can be sent; *ret_end: a line \. stands behind them, *ret_skip
 * bytes long. `begins`: a line begins with them. */
static size_t scan(const char *bytes, size_t length, bool begins, bool last, bool *ret_end,
                   size_t *ret_skip)
{
    size_t at = 0;
    *ret_end = false;
    while (at < length) {
        const char *newline = memchr(bytes + at, '\n', length - at);
        if (newline == NULL && !last)
            return length - at > LINE_KEPT ? length : at;
        const size_t end = newline != NULL ? (size_t)(newline - bytes) : length;
        if ((at > 0 || begins) && is_end(bytes + at, end - at)) {
            *ret_end = true;
            *ret_skip = end - at + (newline != NULL);
            return at;
        }
        at = end + (newline != NULL);
    }
    return at;
}

static covet_status pour_in(sql_reader *data, covet__session *session, covet_error *err)
{
    bool begins = true, end = false;
    for (size_t need = 1; !end;) {
        const char *bytes;
        size_t length, skip = 0;
        COVET_TRY(sql_reader_peek(data, need, &bytes, &length, err));
        const size_t send = scan(bytes, length, begins, length < need, &end, &skip);
        if (send > 0) {
            COVET_TRY(covet__session_copy_put(session, bytes, send, err));
            begins = bytes[send - 1] == '\n';
        }
        end = end || length < need;
        need = send < length && !end ? length - send + 1 : 1;
        sql_reader_skip(data, send + skip);
    }
    return COVET_OK;
}

static covet_status copy_from(sql_work *work, covet__session *session, uint64_t *ret_rows,
                              covet_error *err)
{
    sql_reader *data = work->input != NULL ? work->input : work->script;
    COVET_TRY(covet__session_copy_in(session, work->at.text, err));
    if (work->input == NULL)
        COVET_TRY(sql_reader_begin_data(data, err));
    COVET_TRY(pour_in(data, session, err));
    COVET_TRY(covet__session_copy_end(session, NULL, ret_rows, err));
    return work->input == NULL ? sql_reader_end_data(data, err) : COVET_OK;
}

static covet_status put_row(void *user, const char *row, size_t length, covet_error *err)
{
    bool *header = user; /* of a later part: skipped */
    if (header != NULL && *header) {
        *header = false;
        return COVET_OK;
    }
    if (fwrite(row, 1, length, stdout) != length)
        return covet__fail(err, COVET_EIO, "the output could not be written");
    return COVET_OK;
}

covet_status copy_local(sql_work *work, covet__session *session, const covet__copy_plan *plan,
                        uint64_t *ret_rows, covet_error *err)
{
    *ret_rows = UINT64_MAX;
    if (plan->streams && plan->from)
        return copy_from(work, session, ret_rows, err);
    if (plan->streams)
        return covet__session_copy_out(session, work->at.text, put_row, NULL, err);
    COVET_AUTO(covet_result) result = NULL;
    COVET_TRY(SQL_ROWS(session, &result, err, work->at.text));
    *ret_rows = covet_result_affected(result);
    return COVET_OK;
}

/* ---- out of the shards ----------------------------------------------------------------------
 *
 * One shard after another; of each group one snapshot. The header is the first part's.
 */

static const char *statement_of(const cluster_handle *cluster, const covet__copy_plan *plan,
                                const char *schema)
{
    covet__str out = COVET__STR_IN(cluster->run->arena);
    covet__str_add(&out, "COPY ");
    covet__str_qualified(&out, schema, plan->table->physical);
    for (uint32_t i = 0; i < plan->column_count; i++) {
        covet__str_add(&out, i == 0 ? " (" : ", ");
        covet__str_ident(&out, plan->columns[i]);
    }
    covet__str_add(&out, plan->column_count > 0 ? ") TO STDOUT" : " TO STDOUT");
    covet__copy_print_format(plan, plan->format.header, &out);
    if (!covet__str_ok(&out))
        cli_no_memory(cluster->run);
    return covet__str_text(&out);
}

static covet_status copy_part(const cluster_handle *cluster, const covet__copy_plan *plan,
                              uint32_t group, const char *schema, bool first, covet_error *err)
{
    bool header = plan->format.header && !first;
    return covet__session_copy_out(cluster->groups[group], statement_of(cluster, plan, schema),
                                   put_row, &header, err);
}

covet_status copy_out_run(cluster_handle *cluster, const covet__copy_plan *plan, covet_error *err)
{
    const covet__map *map = cluster->map;
    COVET_TRY(cluster_visit_all(cluster, err));
    if (plan->table->kind == COVET__TABLE_REFERENCE)
        return copy_part(cluster, plan, map->home, cluster->references, true, err);
    for (uint32_t g = 0; g < map->group_count; g++)
        COVET_TRY(covet__session_script(cluster->groups[g],
                                        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err));
    for (uint32_t i = 0; i < map->shard_count; i++)
        COVET_TRY(
            copy_part(cluster, plan, map->shards[i].group, map->shards[i].schema, i == 0, err));
    return COVET_OK;
}
