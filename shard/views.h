/*
 * shard/views.h - internal: a view of distributed tables becomes the query that it stands for.
 *
 * Views are defined at home, where each table of the map has an empty twin in covet_shell and
 * each reference table a copy. A statement that names one is planned as if the view's query
 * had been written in its place:
 *
 *     SELECT v.id FROM recent v WHERE v.id = 3
 *     SELECT v.id FROM (SELECT posts.id FROM "public"."posts" ...) v WHERE v.id = 3
 *
 * Home is asked for the definitions of all views that those in the statement lead to, and
 * prints them with every name qualified. V1: a view that leads to local tables alone stays
 * what it is. V2: nothing in a definition can be taken for a WITH query of the statement.
 *
 * Pure: shard/prepare.c asks.
 */
#ifndef COVET_SHARD_VIEWS_H
#define COVET_SHARD_VIEWS_H

#include <covet/core/result.h>

#include "core/map.h"
#include "shard/edit.h"
#include "shard/parse.h"

enum {
    COVET__VIEWS_DEPTH_MAX = 32,         /* views of views */
    COVET__VIEWS_MAX = 1000,             /* that one statement leads to */
    COVET__VIEWS_BYTES_MAX = 1024 * 1024 /* a statement with its views' queries */
};

/* Parameter $1 is the text[] of covet__schema_relations_sql. Not proven to read, so that it
 * has a unit of its own: it changes the search path to the unit's end. */
extern const char covet__views_sql[];

/* Whether a statement names anything that may be a view of tables in the map. */
bool covet__views_may_be(const covet__parse *parse, const covet__map *map);

/* From that answer: the edits that put queries in the place of views; none where there is
 * nothing to do. In the parse's arena. 0A000 for a view in a place that takes none, 54001 and
 * 54000 beyond the bounds. */
covet_status covet__views_expand(const covet__parse *parse, const covet__map *map,
                                 const covet_result *rows, covet__edits *ret_edits,
                                 covet_error *err);

#endif
