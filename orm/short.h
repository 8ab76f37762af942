/*
 * orm/short.h - short names, for those who want them: Filter, W, QUERY ...
 *
 * Included by nobody but you: <covet/covet.h> leaves it out, so that it takes no name away
 * from a program that has not asked for it.
 */
#ifndef COVET_ORM_SHORT_H
#define COVET_ORM_SHORT_H

#include <covet/orm/orm.h>

#define QUERY         COVET_QUERY
#define CHAIN         COVET_CHAIN
#define Filter        COVET_FILTER
#define Exclude       COVET_EXCLUDE
#define OrderBy       COVET_ORDER_BY
#define Unordered     COVET_UNORDERED
#define Limit         COVET_LIMIT
#define Offset        COVET_OFFSET
#define SelectRelated COVET_SELECT_RELATED
#define Prefetch      COVET_PREFETCH
#define Annotate      COVET_ANNOTATE
#define Count         COVET_COUNT_OF
#define CountDistinct COVET_COUNT_DISTINCT
#define P             COVET_P
#define DESC          COVET_DESC
#define W             COVET_W
#define WRange        COVET_W_RANGE
#define Kw            COVET_KW
#define AND           COVET_AND
#define OR            COVET_OR
#define NOT           COVET_NOT
#define Give          COVET_GIVE
#define REL           COVET_REL
#define MANY          COVET_MANY

#endif
