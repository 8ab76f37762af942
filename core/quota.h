/*
 * core/quota.h - internal: connections to one place, counted over the whole process.
 *
 * A process may hold several handles to the same servers (one for each thread, say);
 * the limit on connections is the process's. A quota is found by the place's name and
 * lives while somebody holds it. Any thread.
 */
#ifndef COVET_CORE_QUOTA_H
#define COVET_CORE_QUOTA_H

#include "core/macros.h"

typedef struct covet__quota covet__quota;

/* NULL if there is no memory. */
covet__quota *covet__quota_open(const char *place);
void covet__quota_close(covet__quota *quota); /* accepts NULL */

/* Takes one connection of at most `max`; false if they are all taken. UINT32_MAX: always. */
bool covet__quota_take(covet__quota *quota, uint32_t max);
void covet__quota_give(covet__quota *quota);

#endif
