/*
 * tests/support/parity.h - the same querysets in C and in Django, on the same tables.
 *
 *     CASE(exact_int, ROWS) { return QUERY(a, Post, Filter(W(Post, id, exact, 42))); }
 *
 * Each CASE is one of tests/django/parity.py's QUERIES, by name. Django answers once; then a
 * handle is asked, in plain mode or over shards.
 */
#ifndef COVET_TESTS_PARITY_H
#define COVET_TESTS_PARITY_H

#include "support/blog_django.h"

/* What becomes of a queryset. */
typedef enum kind {
    ROWS,
    BAG, /* in any order */
    COUNT,
    FIRST,
    GET,
    OWN, /* `render` makes JSON of the rows */
} kind;

typedef json_t *render_fn(const void *rows, size_t count);

typedef struct parity_case {
    const char *name;
    kind kind;
    const void *(*make)(covet_arena *a);
    render_fn *render;
    struct parity_case *next;
} parity_case;

#define CASE_OF(name_, kind_, render_)                                                             \
    static const void *make_##name_(covet_arena *a);                                               \
    static parity_case case_##name_ = {#name_, kind_, make_##name_, render_, NULL};                \
    __attribute__((constructor)) static void add_##name_(void) { parity_add(&case_##name_); }      \
    static const void *make_##name_(covet_arena *a)
#define CASE(name_, kind_)      CASE_OF(name_, kind_, NULL)
#define CASE_BY(name_, render_) CASE_OF(name_, OWN, render_)

void parity_add(parity_case *one);

/* ---- values and conditions that several have ---------------------------------------------- */

#define INTS(...)                                                                                  \
    covet_ints((const int64_t[]){__VA_ARGS__},                                                     \
               sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define TEXTS(...)                                                                                 \
    covet_texts((const char *const[]){__VA_ARGS__},                                                \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
#define NO_INTS covet_ints(NULL, 0)

#define BY_READER_7       W(Post, comments->author_name, exact, "reader7")
#define CATEGORY_IS(text) W(Post, category->name, exact, text)

/* ---- asking -------------------------------------------------------------------------------- */

/* Asks each: it must give what `django` (parity.py's answers) has under its name. Over shards a
 * queryset may be refused (0A000) instead. How many were. */
size_t parity_ask(covet_db *db, const json_t *django);
/* Each of Django's answers must be of a case here. */
void parity_assert_complete(const json_t *django);

#endif
