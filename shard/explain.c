#include "shard/explain.h"

#include "shard/handle.h"

typedef struct looker {
    covet__gate gate;
    void (*look)(void *user, covet__plan *plan);
    void *user;
    covet_status status;
    covet_error err;
} looker;

static void on_planned(covet_op *op, covet_status status, void *user)
{
    looker *l = user;
    l->status = status;
    if (status == COVET_OK)
        l->look(l->user, op->plan);
    else
        l->err = op->err;
    covet__gate_open(&l->gate);
}

covet_status covet__explain(covet_db *db, const char *sql,
                            void (*look)(void *user, covet__plan *plan), void *user,
                            covet_error *err)
{
    COVET_TRY(covet__db_check(db, err));
    if (covet__loop_on_thread(db->loop))
        return covet__fail(err, COVET_EDEADLK,
                           "a blocking call on the thread that runs the loop would wait for ever");
    looker l = {.look = look, .user = user};
    const covet_sql text = {.size = sizeof text, .text = sql};
    const covet__start start = {.explain = true};
    covet__gate_init(&l.gate);
    const covet_status status = covet__op_start(db, &start, &text, NULL, NULL, err, on_planned, &l);
    if (status != COVET_OK)
        covet__gate_open(&l.gate);
    covet__gate_pass(&l.gate);
    COVET_TRY(status);
    if (l.status != COVET_OK && err != NULL)
        *err = l.err;
    return l.status;
}
