/* shard/plan_impl.h - internal to shard/plan*.c. */
#ifndef COVET_SHARD_PLAN_IMPL_H
#define COVET_SHARD_PLAN_IMPL_H

#include "shard/plan.h"

/* An empty plan that has taken over the parse, with one reference; NULL: no memory, and the
 * parse is still the caller's. */
covet__plan *covet__plan_new(covet__parse *parse, const covet__facts *facts, const covet__map *map);

#endif
