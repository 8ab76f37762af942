/*
 * shard/db.c - opens a handle, follows the map, closes (shard/handle.h).
 *
 *   OPENING -- first map, or no catalog --> OPEN --\
 *      \------ nothing can be reached ----> FAILED --> CLOSING --> freed
 *
 * Opening ends with the catalog's map, with the discovery that there is no catalog (plain
 * mode), or, when no host answers, with the map that was last seen on this machine.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shard/handle.h"

enum { STACK_MIN_BYTES = 512 * 1024 };

/* ---- forks --------------------------------------------------------------------------------- */

/* Counts the forks behind this process: a handle remembers the count of its birth. */
static atomic_uint fork_generation;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void in_child(void) { atomic_fetch_add(&fork_generation, 1); }

static void watch_forks(void) { pthread_atfork(NULL, NULL, in_child); }

static bool is_forked(const covet_db *db)
{
    return db->fork_generation != atomic_load_explicit(&fork_generation, memory_order_relaxed);
}

covet_status covet__db_check(const covet_db *db, covet_error *err)
{
    if (db == NULL)
        return covet__fail(err, COVET_EINVAL, "the handle is NULL");
    if (is_forked(db))
        return covet__fail(err, COVET_EFORKED,
                           "the handle was opened before fork(): open another one in this process");
    if (atomic_load_explicit(&db->state, memory_order_relaxed) == COVET__DB_CLOSING)
        return covet__fail(err, COVET_ECLOSED, "the handle is closing");
    return COVET_OK;
}

/* ---- what others may see ------------------------------------------------------------------- */

static void publish(covet_db *db)
{
    const covet__map *map = db->topology.map;
    const covet__map *old;
    pthread_mutex_lock(&db->mutex);
    db->info = (covet_db_info){.size = sizeof db->info,
                               .open = db->state == COVET__DB_OPEN,
                               .plain = db->plain,
                               .from_disk = db->from_disk};
    if (map != NULL) {
        covet__copy(db->info.cluster_id, sizeof db->info.cluster_id, map->cluster_id);
        db->info.incarnation = map->incarnation;
        db->info.epoch = map->epoch;
        db->info.groups = map->group_count;
        db->info.shards = map->shard_count;
    }
    old = db->info_map;
    db->info_map = map != NULL ? covet__map_ref(map) : NULL;
    pthread_mutex_unlock(&db->mutex);
    covet__map_unref(old);
}

void covet_db_describe(const covet_db *db, covet_db_info *info)
{
    if (info == NULL || db == NULL || is_forked(db))
        return;
    covet_db *mutable = (covet_db *)(uintptr_t)db;
    const size_t size = COVET_MIN(info->size, sizeof db->info);
    pthread_mutex_lock(&mutable->mutex);
    memcpy(info, &db->info, size);
    info->size = size;
    pthread_mutex_unlock(&mutable->mutex);
}

bool covet_db_key_column(const covet_db *db, const char *schema, const char *table, char column[64])
{
    if (db == NULL || table == NULL || column == NULL || is_forked(db))
        return false;
    covet_db *mutable = (covet_db *)(uintptr_t)db;
    column[0] = '\0';
    pthread_mutex_lock(&mutable->mutex);
    const covet__map_table *found =
        db->info_map != NULL ? covet__map_find_table(db->info_map, schema, table) : NULL;
    if (found != NULL && found->key_column != NULL)
        covet__copy(column, 64, found->key_column);
    pthread_mutex_unlock(&mutable->mutex);
    return column[0] != '\0';
}

/* ---- the map on disk ----------------------------------------------------------------------- */

typedef struct map_write {
    covet_db *db;
    void *bytes;
    size_t length;
    char cluster_id[64];
    uint64_t incarnation;
    covet_error err;
} map_write;

static void write_work(void *user)
{
    map_write *w = user;
    w->err.status = covet__mapfile_write(w->db->map_dir, w->db->place, w->cluster_id,
                                         w->incarnation, w->bytes, w->length, &w->err);
}

static void write_done(void *user)
{
    map_write *w = user;
    covet_db *db = w->db;
    if (w->err.status != COVET_OK)
        covet__log(&db->logger, COVET_LOG_WARNING, "map", "%s", w->err.message);
    covet__free(w->bytes);
    covet__free(w);
    db->writing_map--;
    if (db->state == COVET__DB_CLOSING)
        covet__db_check_closed(db);
}

static void save_map(covet_db *db, const covet__map *map)
{
    map_write *w = db->map_dir != NULL ? covet__zalloc(sizeof *w) : NULL;
    if (w == NULL)
        return;
    w->db = db;
    w->incarnation = map->incarnation;
    covet__copy(w->cluster_id, sizeof w->cluster_id, map->cluster_id);
    if (covet__map_pack(map, &w->bytes, &w->length, NULL) != COVET_OK ||
        covet__work_start(db->loop, write_work, write_done, w) != COVET_OK) {
        covet__free(w->bytes);
        covet__free(w);
        return;
    }
    db->writing_map++;
}

/* ---- opening ------------------------------------------------------------------------------- */

static void proceed_pending(covet_db *db)
{
    covet__link pending;
    covet__list_init(&pending);
    covet__list_splice(&pending, &db->pending);
    while (!covet__list_empty(&pending)) {
        covet_op *op = COVET_CONTAINER(pending.next, covet_op, wait);
        covet__list_remove(&op->wait);
        covet__op_proceed(op);
    }
}

static void opened(covet_db *db, const covet_error *err)
{
    if (db->state != COVET__DB_OPENING)
        return;
    if (err != NULL)
        db->open_error = *err;
    db->state = err == NULL ? COVET__DB_OPEN : COVET__DB_FAILED;
    publish(db);
    covet_open_cb *cb = COVET_TAKE(db->open_cb);
    proceed_pending(db);
    if (cb != NULL)
        cb(db, db->open_error.status, err != NULL ? &db->open_error : NULL, db->open_user);
}

static void use_map(covet_db *db, const covet__map *map, bool from_disk)
{
    covet_error err;
    const covet__map *current = db->topology.map;
    if (current != NULL && !covet__map_is_newer(current, map) &&
        (strcmp(current->cluster_id, map->cluster_id) != 0 ||
         current->incarnation != map->incarnation)) {
        covet__log(&db->logger, COVET_LOG_ERROR, "map",
                   "the catalog is now another cluster's (%s, incarnation %llu): its map is not "
                   "used",
                   map->cluster_id, (unsigned long long)map->incarnation);
        return;
    }
    covet_status status = covet__servers_settings(db, map, &err);
    if (status == COVET_OK)
        status = covet__servers_install(db, map, &err);
    if (status != COVET_OK) {
        covet__prefix(&err, "map of epoch %llu", (unsigned long long)map->epoch);
        covet__log(&db->logger, COVET_LOG_ERROR, "map", "%s", err.message);
        opened(db, &err);
        return;
    }
    db->from_disk = from_disk;
    covet__log(&db->logger, COVET_LOG_INFO, "map", "epoch %llu of cluster %s%s",
               (unsigned long long)map->epoch, map->cluster_id, from_disk ? ", from the disk" : "");
    if (!from_disk)
        save_map(db, map);
    if (db->state == COVET__DB_OPENING)
        opened(db, NULL);
    else
        publish(db);
}

static void on_map(void *user, const covet__map *map)
{
    covet_db *db = user;
    use_map(db, map, false);
    covet__run_resume_stale(db);
}

static void on_plain(void *user)
{
    covet_db *db = user;
    covet_error err;
    if (db->topology.map != NULL) {
        covet__log(&db->logger, COVET_LOG_ERROR, "map", "the catalog is gone");
        return;
    }
    if (db->state == COVET__DB_OPENING) {
        covet_status status = covet__servers_settings(db, NULL, &err);
        if (status == COVET_OK)
            status = covet__servers_install_plain(db, &err);
        opened(db, status == COVET_OK ? NULL : &err);
    } else {
        db->plain_looked = true;
        covet__run_resume_stale(db);
    }
}

static void on_fresh(void *user) { covet__run_resume_stale(user); }

typedef struct map_read {
    covet_db *db;
    const covet__map *map;
    covet_error why;  /* the catalog's */
    covet_error disk; /* the disk's */
} map_read;

static void read_work(void *user)
{
    map_read *r = user;
    r->disk.status = covet__mapfile_read(r->db->map_dir, r->db->catalog_dsn, &r->map, &r->disk);
}

static void read_done(void *user)
{
    map_read *r = user;
    covet_db *db = r->db;
    db->writing_map--;
    if (db->state == COVET__DB_CLOSING) {
        covet__db_check_closed(db);
    } else if (db->state == COVET__DB_OPENING && r->map != NULL) {
        use_map(db, r->map, true);
    } else if (db->state == COVET__DB_OPENING) {
        if (r->disk.status == COVET_EMAP) { /* there is one, and it is no good */
            const size_t length = strlen(r->why.message);
            snprintf(r->why.message + length, sizeof r->why.message - length, "; %s",
                     r->disk.message);
        }
        opened(db, &r->why);
    }
    covet__map_unref(r->map);
    covet__free(r);
}

static bool may_use_disk(const covet_error *why)
{
    return why->status == COVET_ECONNECT || why->status == COVET_ECONNLOST ||
           why->status == COVET_ETIMEOUT;
}

static void on_failed(void *user, const covet_error *why)
{
    covet_db *db = user;
    map_read *r = NULL;
    const bool refused = why->sqlstate[0] != '\0' && strncmp(why->sqlstate, "57", 2) != 0 &&
                         strncmp(why->sqlstate, "53", 2) != 0;
    if (db->map_dir == NULL || !may_use_disk(why) || refused ||
        (r = covet__zalloc(sizeof *r)) == NULL) {
        opened(db, why);
        return;
    }
    *r = (map_read){.db = db, .why = *why};
    if (covet__work_start(db->loop, read_work, read_done, r) != COVET_OK) {
        covet__free(r);
        opened(db, why);
        return;
    }
    db->writing_map++;
}

void covet__db_refresh(covet_db *db)
{
    if (db->catalog != NULL)
        covet__catalog_refresh(db->catalog);
}

static void on_open_job(covet__job *job)
{
    covet_db *db = COVET_CONTAINER(job, covet_db, open_job);
    covet_error err;
    const covet__catalog_opts opts = {.loop = db->loop,
                                      .logger = &db->logger,
                                      .dsn = db->catalog_dsn,
                                      .connect_timeout = db->opts.pool.connect_timeout,
                                      .user = db,
                                      .on_map = on_map,
                                      .on_plain = on_plain,
                                      .on_failed = on_failed,
                                      .on_fresh = on_fresh};
    if (db->state == COVET__DB_OPENING &&
        covet__catalog_open(&opts, &db->catalog, &err) != COVET_OK)
        opened(db, &err);
}

/* ---- options ------------------------------------------------------------------------------- */

void covet_db_opts_init(covet_db_opts *opts) { *opts = (covet_db_opts){.size = sizeof *opts}; }

static void default_msec(covet_msec *field, covet_msec value)
{
    *field = *field != 0 ? *field : value;
}
static void default_size(size_t *field, size_t value) { *field = *field != 0 ? *field : value; }
static void default_u32(uint32_t *field, uint32_t value) { *field = *field != 0 ? *field : value; }

static void fill_defaults(covet_db_opts *opts)
{
    covet_pool_opts *pool = &opts->pool;
    default_msec(&opts->timeout, 30 * 1000);
    default_size(&opts->result_bytes_max, (size_t)256 << 20);
    default_size(&opts->plans_max, 10000);
    default_size(&opts->operations_max, 65536);
    default_u32(&pool->size_max, 16);
    default_u32(&pool->pipeline_max, 64);
    default_u32(&pool->queue_max, 10000);
    default_u32(&pool->statements_max, 1000);
    default_size(&pool->statements_bytes, (size_t)32 << 20);
    default_msec(&pool->idle_max, 10 * 60 * 1000);
    default_msec(&pool->life_max, 60 * 60 * 1000);
    default_msec(&pool->connect_timeout, 5 * 1000);
    default_msec(&pool->unreachable_wait, 3 * 1000);
}

/* The parser needs some: see shard/parse.h. A thread of our own has 8 MiB. */
static covet_status check_stack(const covet_db_opts *opts, covet_error *err)
{
    pthread_attr_t attr;
    size_t size = 0;
    if ((opts->loop == NULL && !opts->driven) || pthread_getattr_np(pthread_self(), &attr) != 0)
        return COVET_OK;
    pthread_attr_getstacksize(&attr, &size);
    pthread_attr_destroy(&attr);
    if (size < STACK_MIN_BYTES)
        return covet__fail(err, COVET_EINVAL,
                           "open: the thread of the loop has a stack of %zu bytes, less than %d",
                           size, STACK_MIN_BYTES);
    return COVET_OK;
}

static covet_status take_opts(covet_db *db, const covet_db_opts *opts, covet_error *err)
{
    if (opts != NULL) {
        if (opts->size < offsetof(covet_db_opts, loop) || opts->size > 4096)
            return covet__fail(err, COVET_EINVAL, "open: covet_db_opts.size is not set");
        memcpy(&db->opts, opts, COVET_MIN(opts->size, sizeof db->opts));
    }
    fill_defaults(&db->opts);
    if (db->opts.loop != NULL && db->opts.driven)
        return covet__fail(err, COVET_EINVAL, "open: `loop` and `driven` exclude each other");
    COVET_TRY(check_stack(&db->opts, err));
    db->logger = (covet__logger){db->opts.log, db->opts.log_user, db->opts.log_level};
    if (db->opts.dsn == NULL)
        db->opts.dsn = "";
    COVET_TRY(covet__dsn_parse(db->opts.dsn, &db->dsn, err));
    COVET_TRY(covet__dsn_parse(db->opts.catalog_dsn != NULL ? db->opts.catalog_dsn : db->opts.dsn,
                               &db->catalog_dsn, err));
    db->place = covet__mapfile_place(db->catalog_dsn);
    if (db->opts.map_dir == NULL)
        covet__mapfile_dir(&db->map_dir, NULL); /* without a home there is no file */
    else if (db->opts.map_dir[0] != '\0')
        db->map_dir = covet__strdup(db->opts.map_dir);
    db->opts.dsn = ""; /* the caller's from here on */
    db->opts.catalog_dsn = db->opts.map_dir = NULL;
    return db->place != NULL ? COVET_OK : covet__fail(err, COVET_ENOMEM, "open: out of memory");
}

static void free_db(covet_db *db)
{
    covet__ids_free(db->ids);
    covet__stmts_free(db);
    covet__servers_free_topology(&db->topology);
    covet__link *const lists[] = {&db->free_ops, &db->foreign_free};
    for (size_t i = 0; i < COVET_COUNT(lists); i++)
        while (!covet__list_empty(lists[i])) {
            covet_op *op = COVET_CONTAINER(lists[i]->next, covet_op, link);
            covet__list_remove(&op->link);
            covet__op_destroy(op);
        }
    covet__map_unref(db->info_map);
    covet__dsn_free(db->dsn);
    covet__dsn_free(db->catalog_dsn);
    covet__free(db->map_dir);
    covet__free(db->place);
    covet__free(db->settings);
    pthread_mutex_destroy(&db->mutex);
    covet__free(db);
}

static void on_close_job(covet__job *job);

static covet_db *make_db(void)
{
    covet_db *db = covet__zalloc(sizeof *db);
    if (db == NULL)
        return NULL;
    covet__link *const lists[] = {&db->servers,  &db->stale,       &db->stmt_lru,
                                  &db->active,   &db->pending,     &db->transactions,
                                  &db->free_ops, &db->foreign_free};
    for (size_t i = 0; i < COVET_COUNT(lists); i++)
        covet__list_init(lists[i]);
    covet__job_init(&db->open_job, on_open_job);
    covet__job_init(&db->close_job, on_close_job);
    pthread_mutex_init(&db->mutex, NULL);
    pthread_once(&fork_once, watch_forks);
    db->fork_generation = atomic_load(&fork_generation);
    db->state = COVET__DB_OPENING;
    return db;
}

covet_status covet_open(const covet_db_opts *opts, covet_db **ret_db, covet_error *err,
                        covet_open_cb *cb, void *user)
{
    if (ret_db == NULL)
        return covet__fail(err, COVET_EINVAL, "open: ret_db is NULL");
    covet_db *db = make_db();
    if (db == NULL)
        return covet__fail(err, COVET_ENOMEM, "open: out of memory");
    db->open_cb = cb;
    db->open_user = user;
    covet_status status = take_opts(db, opts, err);
    if (status == COVET_OK)
        status = covet__ids_new(db, &db->ids, err);
    const covet__loop_mode mode = db->opts.loop != NULL ? COVET__LOOP_CALLER
                                  : db->opts.driven     ? COVET__LOOP_DRIVEN
                                                        : COVET__LOOP_OWN;
    if (status == COVET_OK)
        status = covet__loop_new(mode, db->opts.loop, &db->loop, err);
    if (status != COVET_OK) {
        free_db(db);
        return status;
    }
    *ret_db = db;
    if (mode == COVET__LOOP_OWN)
        covet__loop_post(db->loop, &db->open_job);
    else
        covet__loop_soon(db->loop, &db->open_job);
    return COVET_OK;
}

typedef struct open_waiter {
    covet__gate gate;
    covet_status status;
    covet_error err;
} open_waiter;

static void on_open_waited(covet_db *db, covet_status status, const covet_error *err, void *user)
{
    open_waiter *w = user;
    COVET_UNUSED(db);
    w->status = status;
    if (err != NULL)
        w->err = *err;
    covet__gate_open(&w->gate);
}

covet_status covet_open_wait(const covet_db_opts *opts, covet_db **ret_db, covet_error *err)
{
    covet_db *db = NULL;
    open_waiter w = {0};
    if (ret_db == NULL)
        return covet__fail(err, COVET_EINVAL, "open: ret_db is NULL");
    if (opts != NULL && opts->size > offsetof(covet_db_opts, driven) &&
        (opts->loop != NULL || opts->driven))
        return covet__fail(err, COVET_EDEADLK,
                           "open: covet_open_wait would wait for a loop that this thread runs; use "
                           "covet_open");
    covet__gate_init(&w.gate);
    const covet_status status = covet_open(opts, &db, err, on_open_waited, &w);
    if (status != COVET_OK)
        covet__gate_open(&w.gate);
    covet__gate_pass(&w.gate);
    COVET_TRY(status);
    if (w.status != COVET_OK) {
        if (err != NULL)
            *err = w.err;
        covet_close_wait(db);
        return w.status;
    }
    *ret_db = db;
    return COVET_OK;
}

/* ---- closing ------------------------------------------------------------------------------- */

static void on_loop_closed(void *user)
{
    covet_db *db = user;
    void (*cb)(void *) = db->close_cb;
    void *cb_user = db->close_user;
    free_db(db);
    if (cb != NULL)
        cb(cb_user);
}

void covet__db_check_closed(covet_db *db)
{
    if (db->closing_servers == 0 && db->writing_map == 0)
        covet__loop_close(db->loop, on_loop_closed, db);
}

static void close_transactions(covet_db *db)
{
    while (!covet__list_empty(&db->transactions))
        covet__tx_destroy(COVET_CONTAINER(db->transactions.next, covet_tx, link));
}

static void on_close_job(covet__job *job)
{
    covet_db *db = COVET_CONTAINER(job, covet_db, close_job);
    covet_error err;
    covet__fail(&err, COVET_ECLOSED, "the handle is closing");
    const bool opening = db->state == COVET__DB_OPENING;
    atomic_store(&db->state, COVET__DB_CLOSING);
    covet__list_remove(&db->open_job.link);
    if (opening && db->open_cb != NULL) {
        covet_open_cb *cb = COVET_TAKE(db->open_cb);
        cb(db, COVET_ECLOSED, &err, db->open_user);
    }
    covet__op_cancel_all(db, &err);
    close_transactions(db);
    COVET_LIST_EACH (stmt, &db->stmt_lru, covet__stmt, lru)
        covet__prepare_drop(stmt);
    covet__ids_free(COVET_TAKE(db->ids));
    covet__catalog_close(COVET_TAKE(db->catalog));
    covet__servers_close(db);
    covet__db_check_closed(db);
}

void covet_close(covet_db *db, void (*cb)(void *user), void *user)
{
    if (db == NULL || is_forked(db))
        return;
    db->close_cb = cb;
    db->close_user = user;
    if (covet__loop_on_thread(db->loop))
        covet__loop_soon(db->loop, &db->close_job);
    else
        covet__loop_post(db->loop, &db->close_job);
}

static void open_gate(void *user) { covet__gate_open(user); }

void covet_close_wait(covet_db *db)
{
    pthread_t thread;
    covet__gate gate;
    if (db == NULL || is_forked(db) || covet__loop_on_thread(db->loop))
        return;
    const bool own = covet__loop_keep_thread(db->loop, &thread);
    covet__gate_init(&gate);
    covet_close(db, open_gate, &gate);
    covet__gate_pass(&gate);
    if (own)
        pthread_join(thread, NULL);
}

/* ---- driven -------------------------------------------------------------------------------- */

int covet_fd(const covet_db *db) { return db != NULL ? covet__loop_fd(db->loop) : -1; }

int covet_timeout_ms(const covet_db *db) { return db != NULL ? covet__loop_timeout(db->loop) : -1; }

void covet_process(covet_db *db)
{
    if (db != NULL && !is_forked(db))
        covet__loop_process(db->loop);
}
