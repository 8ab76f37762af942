/*
 * tools/sql.h - what the files of the command `sql` share (tools/sql.c tells the whole).
 */
#ifndef COVET_TOOLS_SQL_H
#define COVET_TOOLS_SQL_H

#include <covet/shard/db.h>

#include "shard/utility.h"
#include "tools/cluster.h"
#include "tools/sql_print.h"
#include "tools/sql_read.h"

typedef struct sql_work {
    cli_run *run;
    covet_db *db;
    bool plain;       /* no catalog: one server */
    const char *name; /* application_name of its connections */
    covet_tx *tx;     /* BEGIN ... COMMIT */
    sql_printer printer;
    sql_reader *script; /* the statements */
    sql_reader *input;  /* the standard input, for -c; NULL: data stand in the script */
    sql_statement at;   /* the statement that runs, numbered over the whole run */
    const char *place;  /* "-c 2, ", where there are several of them; else "" */
    uint64_t number;    /* of statements so far */
    bool dropped;       /* it has ended an earlier DROP TABLE with the same words */
} sql_work;

/* ---- sql_utility.c: BEGIN, COMMIT, COPY, DDL over the groups ---- */

/* *ret_done false: the statement is the library's. The run's arena is the statement's. */
covet_status sql_utility(sql_work *work, bool *ret_done, covet_error *err);

/* ---- sql_view.c: CREATE, ALTER, DROP VIEW ---- */

/* *ret_done false: it is the library's. */
covet_status sql_view(sql_work *work, cluster_handle *cluster, const covet__parse *parse,
                      const covet__utility *utility, bool *ret_done, covet_error *err);

/* ---- spread.c: DDL and maintenance of tables that lie in many places ---- */

/* Decides under the lock what the statement is, and carries it out. *ret_done false: it is the
 * library's. */
covet_status spread_run(cluster_handle *cluster, const covet__parse *parse, bool *ret_done,
                        covet_error *err);
/* The statement concerns local tables only. One with its words that was left unfinished has
 * nothing more to do: its table has come home, or was dropped (*ret_dropped) and has left
 * behind what nobody can name any more, which is cleared away. */
covet_status spread_not(cluster_handle *cluster, const char *tag, const char *text,
                        bool *ret_dropped, covet_error *err);

/* ---- copy_in.c: COPY ... FROM STDIN of a distributed table ---- */

covet_status copy_in_run(sql_work *work, cluster_handle *cluster, const covet__copy_plan *plan,
                         uint64_t *ret_rows, covet_error *err);

/* ---- copy_out.c: all other COPY ---- */

/* The statement as it is, over this session. *ret_rows is UINT64_MAX for TO STDOUT, which
 * says nothing of rows. */
covet_status copy_local(sql_work *work, covet__session *session, const covet__copy_plan *plan,
                        uint64_t *ret_rows, covet_error *err);
/* A distributed or reference table's rows to the standard output. */
covet_status copy_out_run(cluster_handle *cluster, const covet__copy_plan *plan, covet_error *err);

/* ---- sql_cancel.c ---- */

/* Before the first connection is made. */
void sql_cancel_prepare(sql_work *work);
/* Ends whatever runs on this run's connections; what cannot be reached goes on. */
void sql_cancel(const sql_work *work);

/* ---- sql_near.c ---- */

/* The hint that the library puts behind a 42P01 for those that it does not see while it plans:
 * of utilities, and of COPY. */
void sql_near_table(sql_work *work, covet_error *err);

COVET_DEFINE_AUTO(covet__parse)

#endif
