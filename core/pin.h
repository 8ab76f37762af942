/* core/pin.h - internal: an operation keeps an arena alive while it uses it. */
#ifndef COVET_CORE_PIN_H
#define COVET_CORE_PIN_H

#include <covet/core/arena.h>

#include "core/macros.h"

void covet__arena_pin(covet_arena *arena);
void covet__arena_unpin(covet_arena *arena); /* the last one carries out a free that waited */

/* Runs `release(what)` when the arena is reset or freed, last come first: for what rows
 * in the arena point at and that is not the arena's. False, and nothing is kept, if there
 * is no memory. */
bool covet__arena_defer(covet_arena *arena, void (*release)(void *what), void *what);

COVET_DEFINE_AUTO(covet_arena)

#endif
