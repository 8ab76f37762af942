/*
 * core/nearest.h - internal: of many names, the one that somebody has probably meant.
 *
 * Every third letter may be wrong, letters of either case are equal, two neighbours that have
 * changed places are one mistake, and the beginning of a name stands for it. For messages on
 * the way out of an error; pure, and allocates nothing.
 */
#ifndef COVET_CORE_NEAREST_H
#define COVET_CORE_NEAREST_H

#include <stddef.h>

typedef struct covet__nearest {
    const char *wrong;
    size_t length;
    const char *word; /* the nearest so far; NULL: none is near */
    size_t distance;
} covet__nearest;

/* `wrong` is borrowed, and so is every word that is tried. */
covet__nearest covet__nearest_to(const char *wrong, size_t length);
void covet__nearest_try(covet__nearest *nearest, const char *word);

#endif
