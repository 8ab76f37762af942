/*
 * tools/copy_in.c - COPY ... FROM STDIN of a distributed table.
 *
 *     input --> rows --> key --> shard --> a buffer --> COPY batch --> worker of the group
 *               copy_rows.h                 | of all shards, 8 MB          | crew.h, 8 MB
 *
 * Every group has one transaction, which is committed when the last row has been taken by
 * its server:
 *
 *     C1  nothing is committed before all servers have taken all rows, and have checked
 *         what is deferred (SET CONSTRAINTS ALL IMMEDIATE)
 *     C2  groups commit one after the other, home's order, until one fails: the message
 *         says which have committed, which one's answer is lost, and that the others
 *         have rolled back. A COMMIT is never cancelled.
 *     C3  it does not wait for a lock for ever: two COPYs, or a COPY and a TRUNCATE, may wait
 *         for each other in two groups, which neither server can see
 *
 * Rows are sent on as they came, with ids behind them where a column of ids is left out.
 */
#include <stdlib.h>
#include <string.h>

#include "core/catalog.h"
#include "core/mem.h"
#include "core/types.h"
#include "shard/key_wire.h"
#include "shard/ring_build.h"
#include "tools/copy_rows.h"
#include "tools/crew.h"
#include "tools/sql.h"

enum { BUFFERED_MAX = 8 << 20, BLOCK_MIN = 100, BLOCK_MAX = 10000, SETTLE_UNITS = 1 };

/* Values that come from the catalog. */
typedef struct copy_id {
    const char *column;
    int64_t next, end; /* the block in hand */
    int64_t block;     /* how many to ask for */
    bool is_key;
} copy_id;

typedef struct copy_target {
    covet__str rows;
    crew_places places;
    uint64_t lines;
} copy_target;

typedef struct copy_in {
    sql_work *work;
    cli_run *run;
    cluster_handle *cluster;
    const covet__copy_plan *plan;
    const covet__map_table *table;
    const char **columns; /* of the data */
    size_t column_count;
    size_t key_at; /* of them; SIZE_MAX: it comes from the catalog */
    copy_id *ids;
    size_t id_count;
    int64_t *drawn;   /* the values of one row */
    const char *tail; /* of the statement, behind the table's name */
    covet_ring *ring;
    group_crew *crew;
    copy_target *targets; /* of the shards */
    size_t buffered;
    bool *touched; /* groups */
    covet__str key;
    uint64_t copied;
} copy_in;

static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

/* ---- columns ---------------------------------------------------------------------------- */

static bool names_column(const copy_in *in, const char *name, size_t *ret_at)
{
    for (size_t i = 0; i < in->column_count; i++)
        if (strcmp(in->columns[i], name) == 0) {
            *ret_at = i;
            return true;
        }
    return false;
}

static covet_status check_columns(const copy_in *in, const covet_result *rows, covet_error *err)
{
    for (size_t i = 0; i < in->column_count; i++) {
        bool found = false, generated = false;
        size_t first;
        for (size_t r = 0; r < covet_result_rows(rows) && !found; r++) {
            found = strcmp(covet_result_text(rows, r, 0), in->columns[i]) == 0;
            generated = found && cell_truth(rows, r, 1);
        }
        if (!found)
            return covet__fail_state(err, COVET_ESQL, "42703",
                                     "column \"%s\" of relation \"%s\" does not exist",
                                     in->columns[i], in->table->name);
        if (generated)
            return covet__fail_state(err, COVET_ESQL, "42P10",
                                     "column \"%s\" is a generated column", in->columns[i]);
        if (names_column(in, in->columns[i], &first) && first != i)
            return covet__fail_state(err, COVET_ESQL, "42701",
                                     "column \"%s\" specified more than once", in->columns[i]);
    }
    return COVET_OK;
}

/* As listed, or all that are not generated. */
static covet_status take_columns(copy_in *in, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(in->cluster->home, &rows, err,
                       "SELECT a.attname, a.attgenerated <> '' FROM pg_attribute a"
                       " JOIN pg_class c ON c.oid = a.attrelid"
                       " JOIN pg_namespace n ON n.oid = c.relnamespace"
                       " WHERE n.nspname = '" CLUSTER_SHELL "' AND c.relname = $1"
                       " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
                       in->table->physical));
    const size_t all = covet_result_rows(rows), listed = in->plan->column_count;
    in->columns = cli_alloc(in->run, (all + listed + 1) * sizeof *in->columns);
    for (size_t i = 0; i < listed; i++)
        in->columns[in->column_count++] = in->plan->columns[i];
    for (size_t i = 0; listed == 0 && i < all; i++)
        if (!cell_truth(rows, i, 1))
            in->columns[in->column_count++] = cell_text(in->run, rows, i, 0);
    return check_columns(in, rows, err);
}

/* Columns of ids that are left out are filled in. */
static covet_status take_ids(copy_in *in, covet_error *err)
{
    const covet__map_table *table = in->table;
    in->ids = cli_alloc(in->run, (table->id_count + 1) * sizeof *in->ids);
    in->drawn = cli_alloc(in->run, (table->id_count + 1) * sizeof *in->drawn);
    for (uint32_t i = 0; i < table->id_count; i++) {
        const covet__map_id *id = &table->ids[i];
        const bool is_key = strcmp(id->column, table->key_column) == 0;
        size_t at;
        if (!names_column(in, id->column, &at)) {
            in->ids[in->id_count++] =
                (copy_id){.column = id->column, .block = BLOCK_MIN, .is_key = is_key};
        } else if (id->alone_unique && !is_key) {
            return covet__fail_state(
                err, COVET_EUNSUPPORTED, "0A000",
                "explicit values for \"%s\" of \"%s\" are not supported: its values are unique "
                "over all shards because they come from the catalog (leave the column out, or "
                "distribute with --unique-per-shard)",
                id->column, table->name);
        }
    }
    return COVET_OK;
}

static covet_status take_key(copy_in *in, covet_error *err)
{
    in->key_at = SIZE_MAX;
    if (names_column(in, in->table->key_column, &in->key_at))
        return COVET_OK;
    for (size_t i = 0; i < in->id_count; i++)
        if (in->ids[i].is_key)
            return COVET_OK;
    return covet__fail_state(err, COVET_ESQL, "23502",
                             "null value in column \"%s\" of relation \"%s\" violates not-null "
                             "constraint (it is the shard key and must be among the columns)",
                             in->table->key_column, in->table->name);
}

static void write_tail(copy_in *in)
{
    covet__str out = COVET__STR_IN(in->run->arena);
    covet__str_add(&out, " (");
    for (size_t i = 0; i < in->column_count + in->id_count; i++) {
        covet__str_add(&out, i > 0 ? ", " : "");
        covet__str_ident(&out, i < in->column_count ? in->columns[i]
                                                    : in->ids[i - in->column_count].column);
    }
    covet__str_add(&out, ") FROM STDIN");
    covet__copy_print_format(in->plan, false, &out);
    in->tail = covet__str_text(&out);
    if (in->tail == NULL)
        cli_no_memory(in->run);
}

/* ---- buffers ---------------------------------------------------------------------------- */

static covet_status flush(copy_in *in, uint32_t shard, covet_error *err)
{
    const covet__map_shard *to = &in->cluster->map->shards[shard];
    copy_target *target = &in->targets[shard];
    covet__str sql = {0};
    covet__str_add(&sql, "COPY ");
    covet__str_qualified(&sql, to->schema, in->table->physical);
    covet__str_add(&sql, in->tail);
    in->buffered -= target->rows.length + target->places.count * sizeof(crew_place);
    target->lines = 0;
    in->touched[to->group] = true;
    const covet_status status =
        covet__str_ok(&sql) ? crew_copy_lines(in->crew, to->group, covet__str_text(&sql),
                                              &target->rows, &target->places, &in->copied, err)
                            : covet__fail(err, COVET_ENOMEM, "out of memory");
    covet__str_free(&sql);
    return status;
}

/* What is longer than the average goes: few COPYs, and a short search for them. */
static covet_status flush_over(copy_in *in, size_t length, covet_error *err)
{
    for (uint32_t i = 0; i < in->cluster->map->shard_count; i++)
        if (in->targets[i].rows.length > 0 && in->targets[i].rows.length >= length)
            COVET_TRY(flush(in, i, err));
    return COVET_OK;
}

static covet_status keep(copy_in *in, uint32_t shard, const copy_row *row, const int64_t *ids,
                         covet_error *err)
{
    copy_target *target = &in->targets[shard];
    const size_t before = target->rows.length;
    if (!COVET_GROW(target->places.list, target->places.capacity, target->places.count + 1))
        return covet__fail(err, COVET_ENOMEM, "out of memory");
    target->places.list[target->places.count++] =
        (crew_place){.line = row->line, .at = target->lines + 1};
    target->lines += row->lines;
    covet__str_bytes(&target->rows, row->text, row->length);
    for (size_t i = 0; i < in->id_count; i++)
        covet__str_printf(&target->rows, "%s%lld",
                          in->column_count == 0 && i == 0
                              ? ""
                              : (const char[]){in->plan->format.delimiter, '\0'},
                          (long long)ids[i]);
    covet__str_char(&target->rows, '\n');
    if (!covet__str_ok(&target->rows))
        return covet__fail(err, COVET_ENOMEM, "out of memory");
    in->buffered += target->rows.length - before + sizeof(crew_place);
    if (in->buffered < BUFFERED_MAX)
        return COVET_OK;
    return flush_over(in, in->buffered / in->cluster->map->shard_count / 2, err);
}

/* ---- rows ------------------------------------------------------------------------------- */

static covet_status take_block(copy_in *in, copy_id *id, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(in->cluster->home, &rows, err, covet__catalog_take_ids_sql,
                       cli_printf(in->run, "%u", in->table->id), id->column,
                       cli_printf(in->run, "%lld", (long long)id->block)));
    if (covet_result_rows(rows) != 1)
        return covet__fail_state(err, COVET_ESQL, "2200H",
                                 "no id for column \"%s\": reached maximum value of sequence "
                                 "(covet.ids has none left for it)",
                                 id->column);
    id->next = cell_number(rows, 0, 0);
    id->end = cell_number(rows, 0, 1);
    id->block = COVET_MIN(id->block * 4, (int64_t)BLOCK_MAX);
    return COVET_OK;
}

static covet_status draw_ids(copy_in *in, int64_t *ids, covet_error *err)
{
    for (size_t i = 0; i < in->id_count; i++) {
        copy_id *id = &in->ids[i];
        if (id->next >= id->end)
            COVET_TRY(take_block(in, id, err));
        ids[i] = id->next++;
    }
    return COVET_OK;
}

static covet_status check_fields(const copy_in *in, const copy_row *row, size_t fields,
                                 covet_error *err)
{
    if (fields == in->column_count || (in->column_count == 0 && row->length == 0))
        return COVET_OK;
    if (fields > in->column_count)
        return covet__fail_state(err, COVET_ESQL, "22P04",
                                 "extra data after last expected column (%zu field%s, not %zu)",
                                 fields, plural(fields), in->column_count);
    return covet__fail_state(err, COVET_ESQL, "22P04",
                             "missing data for column \"%s\" (%zu field%s, not %zu)",
                             in->columns[fields], fields, plural(fields), in->column_count);
}

/* varchar(n) stores no blanks behind its n characters. */
static size_t stored_length(const covet__map_table *table, const covet__str *key)
{
    size_t characters = 0, end = 0;
    if (table->key_type != COVET__VARCHAR || table->key_typmod < 4)
        return key->length;
    for (; end < key->length; end++) {
        const bool begins = ((unsigned char)key->text[end] & 0xC0) != 0x80;
        if (begins && characters == (size_t)(table->key_typmod - 4))
            break;
        characters += begins;
    }
    for (size_t i = end; i < key->length; i++)
        if (key->text[i] != ' ')
            return key->length; /* the server refuses it */
    return end;
}

static covet_status hash_row(copy_in *in, const copy_row *row, const int64_t *ids,
                             uint64_t *ret_hash, covet_error *err)
{
    bool null;
    size_t fields;
    COVET_TRY(copy_split(&in->plan->format, row, in->key_at, &in->key, &null, &fields, err));
    COVET_TRY(check_fields(in, row, fields, err));
    for (size_t i = 0; in->key_at == SIZE_MAX && i < in->id_count; i++)
        if (in->ids[i].is_key)
            *ret_hash = covet_key_hash_int(ids[i]);
    if (in->key_at == SIZE_MAX)
        return COVET_OK;
    if (null)
        return covet__fail_state(err, COVET_ESQL, "23502",
                                 "null value in column \"%s\" of relation \"%s\" violates not-null "
                                 "constraint (it is the shard key)",
                                 in->table->key_column, in->table->name);
    const char *text = covet__str_text(&in->key);
    return covet__key_hash_text(in->table->key_type, text, stored_length(in->table, &in->key),
                                ret_hash, err);
}

static covet_status take_row(copy_in *in, const copy_row *row, covet_error *err)
{
    int64_t *ids = in->drawn;
    uint64_t hash = 0;
    if (cli_interrupted() != 0)
        return covet__fail_state(err, COVET_ECANCELED, "57014", "interrupted");
    COVET_TRY(draw_ids(in, ids, err));
    COVET_TRY(hash_row(in, row, ids, &hash, err));
    return keep(in, covet_ring_locate(in->ring, hash), row, ids, err);
}

/* HEADER MATCH: the names, as they are listed. */
static covet_status take_header(copy_in *in, const copy_row *row, covet_error *err)
{
    for (size_t i = 0; in->plan->format.header_match && i < in->column_count; i++) {
        bool null;
        size_t fields;
        COVET_TRY(copy_split(&in->plan->format, row, i, &in->key, &null, &fields, err));
        COVET_TRY(check_fields(in, row, fields, err));
        if (strcmp(covet__str_text(&in->key), in->columns[i]) != 0)
            return covet__fail_state(err, COVET_ESQL, "22P04",
                                     "column name mismatch in header line field %zu: got \"%s\", "
                                     "expected \"%s\"",
                                     i + 1, covet__str_text(&in->key), in->columns[i]);
    }
    return COVET_OK;
}

static covet_status blame_line(const copy_in *in, uint64_t line, covet_error *err)
{
    covet__prefix(err, "COPY %s, line %llu", in->table->name, (unsigned long long)line);
    return err != NULL ? err->status : COVET_ESQL;
}

static covet_status read_rows(copy_in *in, sql_reader *data, covet_error *err)
{
    copy_cutter cutter = {.format = &in->plan->format};
    for (size_t need = 1;;) {
        const char *bytes;
        size_t length, used = 0;
        copy_row row = {0};
        COVET_TRY(sql_reader_peek(data, need, &bytes, &length, err));
        switch (copy_cut(&cutter, bytes, length, length < need, &row, &used, err)) {
        case COPY_MORE:
            need = length + 1;
            if (length <= SQL_DATA_ROW_MAX)
                continue;
            covet__fail_state(err, COVET_ELIMIT, "54000", "the row is larger than %d MB",
                              SQL_DATA_ROW_MAX >> 20);
            return blame_line(in, cutter.line + 1, err);
        case COPY_WRONG: return blame_line(in, cutter.line + 1, err);
        case COPY_END: sql_reader_skip(data, used); return COVET_OK;
        case COPY_ROW: break;
        }
        need = 1;
        const bool header = row.line == 1 && in->plan->format.header;
        const covet_status status = header ? take_header(in, &row, err) : take_row(in, &row, err);
        if (status != COVET_OK) /* its own, or that of a row on its way */
            return crew_failed_line(in->crew) > 0 ? status : blame_line(in, row.line, err);
        sql_reader_skip(data, used);
    }
}

/* ---- the end ---------------------------------------------------------------------------- */

/* C1: whatever a COMMIT would find wrong is found now. */
static covet_status settle(copy_in *in, covet_error *err)
{
    for (uint32_t g = 0; g < in->cluster->group_count; g++) {
        covet__str sql = {0};
        if (!in->touched[g])
            continue;
        covet__str_add(&sql, "SET CONSTRAINTS ALL IMMEDIATE");
        const covet_status status = crew_script(in->crew, g, &sql, 0, SETTLE_UNITS, err);
        covet__str_free(&sql);
        COVET_TRY(status);
    }
    return crew_wait(in->crew, err);
}

static covet_status explain_commit(const copy_in *in, uint32_t failed, const char *committed,
                                   covet_error *err)
{
    const covet__map *map = in->cluster->map;
    const bool unknown = err->status == COVET_ECONNLOST || err->status == COVET_ETIMEOUT;
    const char *rest = "";
    for (uint32_t g = failed + 1; g < map->group_count; g++)
        if (in->touched[g])
            rest =
                cli_printf(in->run, "%s%s%s", rest, *rest != '\0' ? ", " : "", map->groups[g].name);
    const covet_error why = *err;
    covet__fail_state(err, why.status, unknown ? "40003" : why.sqlstate,
                      "COPY %s: %s%s%s%s of group %s%s%s (%s)", in->table->name,
                      *committed != '\0' ? "the rows of " : "nothing is committed", committed,
                      *committed != '\0' ? " are committed" : "",
                      unknown ? "; it is unknown what became of those" : "; not those",
                      map->groups[failed].name, *rest != '\0' ? "; rolled back: " : "", rest,
                      why.message);
    err->outcome = unknown              ? COVET_OUTCOME_UNKNOWN
                   : *committed != '\0' ? COVET_OUTCOME_COMMITTED
                                        : COVET_OUTCOME_REJECTED;
    return err->status;
}

static covet_status commit_all(copy_in *in, covet_error *err) /* C2 */
{
    const covet__map *map = in->cluster->map;
    const char *committed = "";
    for (uint32_t g = 0; g < map->group_count; g++)
        covet__session_stop_when(in->cluster->groups[g], NULL, NULL);
    for (uint32_t g = 0; g < map->group_count; g++) {
        covet_error why;
        if (!in->touched[g])
            continue;
        if (crew_commit_group(in->crew, g, &why) != COVET_OK) {
            const covet_status status = explain_commit(in, g, committed, &why);
            if (err != NULL)
                *err = why;
            return status;
        }
        committed = cli_printf(in->run, "%s%s%s", committed, *committed != '\0' ? ", " : "",
                               map->groups[g].name);
    }
    return COVET_OK;
}

static covet_status copy_all(copy_in *in, covet_error *err)
{
    sql_work *work = in->work;
    sql_reader *data = work->input != NULL ? work->input : work->script;
    if (work->input == NULL)
        COVET_TRY(sql_reader_begin_data(data, err));
    covet_status status = read_rows(in, data, err);
    if (status == COVET_OK)
        status = flush_over(in, 0, err);
    if (status == COVET_OK)
        status = crew_wait(in->crew, err);
    if (status != COVET_OK && crew_failed_line(in->crew) > 0)
        return blame_line(in, crew_failed_line(in->crew), err);
    COVET_TRY(status);
    COVET_TRY(settle(in, err));
    COVET_TRY(commit_all(in, err));
    return work->input == NULL ? sql_reader_end_data(data, err) : COVET_OK;
}

/* ---- the beginning ---------------------------------------------------------------------- */

static covet_status make_ring(const covet__map *map, covet_ring **ret_ring, covet_error *err)
{
    COVET_AUTO_FREE covet_ring_range *ranges = covet__alloc(map->shard_count * sizeof *ranges);
    if (ranges == NULL)
        return covet__fail(err, COVET_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < map->shard_count; i++)
        ranges[i] = (covet_ring_range){map->shards[i].lo, map->shards[i].id, map->shards[i].group};
    return covet__ring_build(ranges, map->shard_count, ret_ring, err);
}

/* C3; a role or a database may SET covet.copy_lock_timeout. */
static const char lock_timeout_sql[] =
    "SELECT pg_catalog.set_config('lock_timeout', coalesce(nullif("
    "pg_catalog.current_setting('covet.copy_lock_timeout', true), ''), '30s'), false)";

static covet_status prepare(copy_in *in, covet_error *err)
{
    const covet__map *map = in->cluster->map;
    in->targets = cli_alloc(in->run, (map->shard_count + 1) * sizeof *in->targets);
    in->touched = cli_alloc(in->run, (map->group_count + 1) * sizeof *in->touched);
    COVET_TRY(take_columns(in, err));
    COVET_TRY(take_ids(in, err));
    COVET_TRY(take_key(in, err));
    write_tail(in);
    COVET_TRY(make_ring(map, &in->ring, err));
    COVET_TRY(cluster_visit_all(in->cluster, err));
    for (uint32_t g = 0; g < map->group_count; g++)
        COVET_TRY(SQL_RUN(in->cluster->groups[g], err, lock_timeout_sql));
    COVET_TRY(crew_new(in->run, NULL, in->cluster->groups, map->group_count, BUFFERED_MAX,
                       &in->crew, err));
    crew_hold(in->crew);
    return COVET_OK;
}

covet_status copy_in_run(sql_work *work, cluster_handle *cluster, const covet__copy_plan *plan,
                         uint64_t *ret_rows, covet_error *err)
{
    copy_in in = {
        .work = work, .run = work->run, .cluster = cluster, .plan = plan, .table = plan->table};
    covet_status status = prepare(&in, err);
    if (status == COVET_OK)
        status = copy_all(&in, err);
    crew_free(in.crew);
    for (uint32_t i = 0; in.targets != NULL && i < cluster->map->shard_count; i++) {
        covet__str_free(&in.targets[i].rows);
        covet__free(in.targets[i].places.list);
    }
    covet__str_free(&in.key);
    covet__ring_free(in.ring);
    *ret_rows = in.copied;
    return status;
}
