/*
 * tools/sql_utility.c - statements that are not the library's: transactions, COPY, and what
 * reaches every shard (shard/utility.h decides which they are).
 */
#include <inttypes.h>
#include <string.h>

#include "tools/sql.h"

/* ---- transactions -------------------------------------------------------------------------- */

static covet_status begin(sql_work *work, const covet__utility *utility, covet_error *err)
{
    if (work->tx != NULL) {
        cli_note(work->run, "WARNING:  25001: there is already a transaction in progress");
        return COVET_OK;
    }
    return covet_begin(work->db, &utility->begin, &work->tx, err);
}

static covet_status end(sql_work *work, const covet__utility *utility, covet_error *err)
{
    const covet_call call = {.size = sizeof call, .timeout = COVET_NO_TIMEOUT};
    if (work->tx == NULL) {
        cli_note(work->run, "WARNING:  25P01: there is no transaction in progress");
        return COVET_OK;
    }
    covet_tx *tx = COVET_TAKE(work->tx);
    return utility->kind == COVET__UTILITY_COMMIT ? covet_commit_wait(tx, &call, err)
                                                  : covet_rollback_wait(tx, &call, err);
}

/* ---- COPY ---------------------------------------------------------------------------------- */

static covet_status copy_plain(sql_work *work, const covet__copy_plan *plan, uint64_t *ret_rows,
                               covet_error *err)
{
    COVET_AUTO(covet__dsn) dsn = NULL;
    COVET_AUTO(covet__session) session = NULL;
    COVET_TRY(covet__dsn_parse(work->run->catalog, &dsn, err));
    COVET_TRY(covet__session_open(dsn, "server", NULL, &session, err));
    return copy_local(work, session, plan, ret_rows, err);
}

static covet_status copy_home(sql_work *work, cluster_handle *cluster, const covet__copy_plan *plan,
                              uint64_t *ret_rows, covet_error *err)
{
    COVET_AUTO(covet__session) session = NULL;
    COVET_TRY(cluster_visit(cluster, cluster->map->home, &session, err));
    return copy_local(work, session, plan, ret_rows, err);
}

static covet_status copy(sql_work *work, cluster_handle *cluster, const covet__copy_plan *plan,
                         covet_error *err)
{
    uint64_t rows = UINT64_MAX;
    if (work->tx != NULL)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "COPY inside a transaction is not supported yet: it has one of "
                                 "its own in each group (COMMIT first)");
    if (!plan->from && plan->streams && work->printer.style == SQL_JSON)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "COPY TO STDOUT is no JSON (leave out --json)");
    if (work->plain)
        COVET_TRY(copy_plain(work, plan, &rows, err));
    else if (plan->table == NULL && plan->query.end > plan->query.start)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "COPY (query) over shards is not supported yet (run the query "
                                 "with --csv)");
    else if (plan->table == NULL)
        COVET_TRY(copy_home(work, cluster, plan, &rows, err));
    else if (!plan->from)
        COVET_TRY(copy_out_run(cluster, plan, err));
    else if (plan->table->kind == COVET__TABLE_REFERENCE)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "COPY into the reference table \"%s\" is not supported yet (it "
                                 "has a copy in every group)",
                                 plan->name);
    else
        COVET_TRY(copy_in_run(work, cluster, plan, &rows, err));
    if (rows == UINT64_MAX)
        return COVET_OK;
    return sql_print_tag(&work->printer, work->at.number,
                         cli_printf(work->run, "COPY %" PRIu64, rows), err);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static covet_status spread(sql_work *work, cluster_handle *cluster, const covet__parse *parse,
                           const covet__utility *utility, bool *ret_done, covet_error *err)
{
    if (work->tx != NULL)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "%s over shards inside a transaction is not supported yet: it "
                                 "has one of its own in each group (COMMIT first)",
                                 utility->tag);
    return spread_run(cluster, parse, ret_done, err);
}

static covet_status carry_out(sql_work *work, cluster_handle *cluster, const covet__parse *parse,
                              const covet__utility *utility, bool *ret_done, covet_error *err)
{
    *ret_done = true;
    switch (utility->kind) {
    case COVET__UTILITY_NONE: *ret_done = false; return COVET_OK;
    case COVET__UTILITY_COPY: return copy(work, cluster, &utility->copy, err);
    case COVET__UTILITY_BEGIN: COVET_TRY(begin(work, utility, err)); break;
    case COVET__UTILITY_COMMIT:
    case COVET__UTILITY_ROLLBACK: COVET_TRY(end(work, utility, err)); break;
    case COVET__UTILITY_EXISTS:
        cli_note(work->run, "NOTICE:  42P07: the relation already exists, skipping");
        break;
    case COVET__UTILITY_VIEW:
        COVET_TRY(sql_view(work, cluster, parse, utility, ret_done, err));
        if (!*ret_done)
            return COVET_OK;
        break;
    case COVET__UTILITY_SPREAD:
        COVET_TRY(spread(work, cluster, parse, utility, ret_done, err));
        if (!*ret_done)
            return COVET_OK;
        break;
    }
    return sql_print_tag(&work->printer, work->at.number, utility->tag, err);
}

static covet_status decide(sql_work *work, cluster_handle *cluster, const covet__parse *parse,
                           bool *ret_done, covet_error *err)
{
    covet__utility utility;
    if (!work->plain && strcmp(parse->outline.utility, "TRANSACTION") != 0)
        COVET_TRY(cluster_open(work->run, NULL, false, cluster, err));
    COVET_TRY(covet__utility_decide(parse, cluster->map, &utility, err));
    COVET_TRY(carry_out(work, cluster, parse, &utility, ret_done, err));
    if (!*ret_done && work->tx == NULL && cluster->map != NULL && utility.tag[0] != '\0')
        return spread_not(cluster, utility.tag, parse->text, &work->dropped, err);
    return COVET_OK;
}

covet_status sql_utility(sql_work *work, bool *ret_done, covet_error *err)
{
    COVET_AUTO(covet__parse) parse = NULL;
    cluster_handle cluster = {0};
    *ret_done = false;
    if (covet__parse_new(work->at.text, work->at.length, &parse, NULL) != COVET_OK ||
        parse->outline.kind != COVET__STMT_UTILITY)
        return COVET_OK; /* what is wrong with it the library says */
    const covet_status status = decide(work, &cluster, parse, ret_done, err);
    cluster_close(&cluster);
    return status;
}
