/* shard/plan_residual.c - the plan of a statement that was taken apart (shard/residual.h). */
#include <string.h>

#include "core/mem.h"
#include "core/types.h"
#include "shard/plan.h"
#include "shard/plan_impl.h"

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
}

/* A parameter that only gathers use still needs a type: any will do. One of the user's
 * types is left to be inferred. */
static uint32_t type_of_param(const covet__parse *parse, const covet__residual *residual,
                              const covet__description *described, uint32_t at)
{
    const uint32_t type = described->param_types[at];
    if (type < COVET__FIRST_USER_OID)
        return type;
    return covet__residual_uses(residual, parse, at + 1) ? 0 : COVET__TEXT;
}

static covet_status take_types(covet__plan *plan, const covet__parse *parse,
                               const covet__description *described, covet_error *err)
{
    uint32_t *types = covet_arena_alloc(plan->arena, (plan->sent_count + 1) * sizeof *types);
    if (types == NULL)
        return no_memory(err);
    memset(types, 0, (plan->sent_count + 1) * sizeof *types); /* arrays are cast in the text */
    for (uint32_t i = 0; i < plan->param_count; i++)
        types[i] = type_of_param(parse, plan->residual, described, i);
    if (plan->transaction_param != 0)
        types[plan->transaction_param - 1] = COVET__TIMESTAMPTZ;
    if (plan->statement_param != 0)
        types[plan->statement_param - 1] = COVET__TIMESTAMPTZ;
    plan->param_types = types;
    return COVET_OK;
}

static covet_status build(covet__plan *plan, const covet__parse *parse,
                          const covet__description *described, covet_error *err)
{
    const covet__facts *f = plan->facts;
    plan->param_count = plan->sent_count = described->param_count;
    if (covet__moment_wanted(f->moments, f->moment_count, COVET__MOMENT_TRANSACTION))
        plan->transaction_param = ++plan->sent_count;
    if (covet__moment_wanted(f->moments, f->moment_count, COVET__MOMENT_STATEMENT))
        plan->statement_param = ++plan->sent_count;
    covet__residual_texts texts = {.parse = parse,
                                   .map = plan->map,
                                   .facts = f,
                                   .transaction_param = plan->transaction_param,
                                   .statement_param = plan->statement_param,
                                   .param_count = plan->sent_count,
                                   .arena = plan->arena};
    COVET_TRY(covet__residual_edits(plan->residual, &texts, &plan->edits, err));
    for (uint32_t i = 0; i < plan->residual->gather_count; i++)
        plan->sent_count += plan->residual->gathers[i].shown.column_count;
    plan->shown = plan->parts = *described;
    plan->binary = described->known;
    plan->read_only = true;
    plan->reason = plan->residual->reason;
    COVET_TRY(take_types(plan, parse, described, err));
    plan->statement_count = 1;
    plan->statements = covet_arena_alloc(plan->arena, sizeof *plan->statements);
    if (plan->statements == NULL)
        return no_memory(err);
    memset(plan->statements, 0, sizeof *plan->statements);
    plan->bytes = covet_arena_held(plan->arena) + sizeof *plan;
    return COVET_OK;
}

covet_status covet__plan_residual(covet__parse *parse, const covet__facts *facts,
                                  const covet__map *map, const covet__description *described,
                                  const covet__residual *residual, covet__plan **ret_plan,
                                  covet_error *err)
{
    covet__plan *plan = covet__plan_new(parse, facts, map);
    if (plan == NULL) {
        covet__parse_free(parse);
        return no_memory(err);
    }
    plan->tier = COVET__TIER_RESIDUAL;
    plan->residual = residual;
    const covet_status status = build(plan, parse, described, err);
    covet__parse_drop_tree(parse);
    if (status != COVET_OK)
        covet__plan_unref(plan);
    else
        *ret_plan = plan;
    return status;
}
