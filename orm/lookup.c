/*
 * orm/lookup.c - what may be compared with what (orm/build.h).
 *
 *     field                      value
 *     Integer..., Auto..., FK    INT, BOOL; FLOAT (a bound is rounded inwards); INTS
 *     Boolean                    BOOL, INT
 *     Char, Text, Slug, Email    TEXT; TEXTS
 *     DateTime                   TIME; TEXTS
 *
 * The lookups of text (iexact, contains ...) take TEXT, and any column but a relation's, by
 * its text form as in Django.
 */
#include <math.h>
#include <string.h>

#include "orm/build.h"

static const char *const names[] = {"exact",      "iexact",      "contains", "icontains",
                                    "startswith", "istartswith", "endswith", "iendswith",
                                    "gt",         "gte",         "lt",       "lte",
                                    "in",         "range",       "isnull"};

static const char *kind_name(covet_value_kind kind)
{
    static const char *const kinds[] = {"NULL",   "an integer", "a float", "a boolean",
                                        "text",   "bytes",      "a time",  "a date",
                                        "a uuid", "integers",   "texts"};
    return (size_t)kind < COVET_COUNT(kinds) ? kinds[kind] : "a value of no known kind";
}

bool covet__lookup_find(const char *name, size_t length, covet_lookup *ret)
{
    for (size_t i = 0; i < COVET_COUNT(names); i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) {
            *ret = (covet_lookup)i;
            return true;
        }
    return false;
}

const char *covet__lookup_name(covet_lookup lookup)
{
    return (size_t)lookup < COVET_COUNT(names) ? names[lookup] : "exact";
}

covet_status covet__no_lookup(const covet_field *field, const char *name, size_t length,
                              covet_error *err)
{
    const char *near = covet__nearest_of(names, COVET_COUNT(names), name, length);
    return covet__fail(err, COVET_EFIELD,
                       "\"%.*s\" behind \"%s\" is no lookup%s%s%s, and \"%s\" is no relation",
                       (int)COVET_MIN(length, (size_t)64), name, field->name,
                       near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                       near != NULL ? "\"?" : "", field->name);
}

/* ---- values -------------------------------------------------------------------------------- */

typedef struct preparing {
    covet__builder *b;
    covet__cond *test;
    const char *what;
} preparing;

static covet_status misfit(const preparing *p, const covet_value *value)
{
    return p->b->status =
               covet__fail_state(p->b->err, COVET_ETYPE, "42804", "\"%s\" %s: %s does not fit %s",
                                 p->what, covet__lookup_name(p->test->lookup),
                                 kind_name(value->kind),
                                 covet__kind_name(p->test->operand.target.kind));
}

/* Of whole numbers x, x >= 1.5 means x >= 2, and x <= 1.5 means x <= 1. */
static covet_status fit_float(const preparing *p, covet_value *value)
{
    const covet_lookup lookup = p->test->lookup;
    const bool up = lookup == COVET_LOOKUP_gte || lookup == COVET_LOOKUP_lt;
    const bool down = lookup == COVET_LOOKUP_lte || lookup == COVET_LOOKUP_gt;
    const double whole = up ? ceil(value->u.d) : floor(value->u.d);
    if (!(whole >= -0x1p63 && whole < 0x1p63) || (!up && !down && whole != value->u.d))
        return misfit(p, value);
    *value = covet_int((int64_t)whole);
    return COVET_OK;
}

/* One value that is compared with the field's own. */
static covet_status fit(const preparing *p, covet_value *value)
{
    const covet_field_kind kind = p->test->operand.target.kind;
    if (covet__is_int(kind)) {
        if (value->kind == COVET_VALUE_FLOAT)
            return fit_float(p, value);
        if (value->kind == COVET_VALUE_BOOL)
            *value = covet_int(value->u.b);
        return value->kind == COVET_VALUE_INT ? COVET_OK : misfit(p, value);
    }
    if (kind == COVET_FIELD_Boolean) {
        if (value->kind == COVET_VALUE_INT)
            *value = covet_bool(value->u.i != 0);
        return value->kind == COVET_VALUE_BOOL ? COVET_OK : misfit(p, value);
    }
    if (kind == COVET_FIELD_DateTime)
        return value->kind == COVET_VALUE_TIME ? COVET_OK : misfit(p, value);
    return value->kind == COVET_VALUE_TEXT ? COVET_OK : misfit(p, value);
}

/* NULLs are equal to nothing: they are dropped. */
static covet_status fit_list(const preparing *p, covet_value *value)
{
    const covet_field_kind kind = p->test->operand.target.kind;
    if (value->kind == COVET_VALUE_INTS && covet__is_int(kind))
        return COVET_OK;
    if (value->kind != COVET_VALUE_TEXTS || !(covet__is_text(kind) || kind == COVET_FIELD_DateTime))
        return misfit(p, value);
    const char *const *from = value->u.p;
    const char **kept = covet__make(p->b, (value->length + 1) * sizeof *kept);
    size_t count = 0;
    if (kept == NULL)
        return p->b->status;
    for (size_t i = 0; i < value->length; i++)
        if (from[i] != NULL)
            kept[count++] = from[i];
    *value = covet_texts(kept, count);
    return COVET_OK;
}

/* A keyword's range comes as an array of two. */
static covet_status fit_range(const preparing *p)
{
    covet_value *low = &p->test->value, *high = &p->test->value2;
    if (low->kind == COVET_VALUE_INTS && low->length == 2) {
        const int64_t *two = low->u.p;
        *high = covet_int(two[1]);
        *low = covet_int(two[0]);
    } else if (low->kind == COVET_VALUE_TEXTS && low->length == 2) {
        const char *const *two = low->u.p;
        *high = covet_text(two[1]);
        *low = covet_text(two[0]);
    }
    COVET_TRY(fit(p, low));
    return fit(p, high);
}

/* What LIKE takes for itself is taken literally. */
static covet_status make_pattern(const preparing *p, bool open_start, bool open_end)
{
    covet_value *value = &p->test->value;
    const char *from = value->u.p;
    char *pattern = covet__make(p->b, value->length * 2 + 3);
    size_t length = 0;
    if (pattern == NULL)
        return p->b->status;
    if (open_start)
        pattern[length++] = '%';
    for (size_t i = 0; i < value->length; i++) {
        if (from[i] == '\\' || from[i] == '%' || from[i] == '_')
            pattern[length++] = '\\';
        pattern[length++] = from[i];
    }
    if (open_end)
        pattern[length++] = '%';
    *value = covet_textn(pattern, length);
    return COVET_OK;
}

static covet_status fit_text(const preparing *p)
{
    if (p->test->value.kind != COVET_VALUE_TEXT)
        return misfit(p, &p->test->value);
    switch (p->test->lookup) {
    case COVET_LOOKUP_contains:
    case COVET_LOOKUP_icontains: return make_pattern(p, true, true);
    case COVET_LOOKUP_startswith:
    case COVET_LOOKUP_istartswith: return make_pattern(p, false, true);
    case COVET_LOOKUP_endswith:
    case COVET_LOOKUP_iendswith: return make_pattern(p, true, false);
    default: return COVET_OK;
    }
}

static covet_status fit_isnull(const preparing *p)
{
    covet_value *value = &p->test->value;
    if (value->kind == COVET_VALUE_INT)
        *value = covet_bool(value->u.i != 0);
    return value->kind == COVET_VALUE_BOOL ? COVET_OK : misfit(p, value);
}

static covet_status fit_null(const preparing *p)
{
    if (p->test->lookup != COVET_LOOKUP_exact && p->test->lookup != COVET_LOOKUP_iexact)
        return p->b->status = covet__fail_state(p->b->err, COVET_ETYPE, "22004",
                                                "\"%s\" %s: nothing compares so with NULL", p->what,
                                                covet__lookup_name(p->test->lookup));
    p->test->lookup = COVET_LOOKUP_isnull;
    p->test->value = covet_bool(true);
    return COVET_OK;
}

covet_status covet__lookup_prepare(covet__builder *b, covet__cond *test, bool relation,
                                   const char *what)
{
    const preparing p = {b, test, what};
    if (test->value.kind == COVET_VALUE_NULL)
        return fit_null(&p);
    switch (test->lookup) {
    case COVET_LOOKUP_isnull: return fit_isnull(&p);
    case COVET_LOOKUP_in: return fit_list(&p, &test->value);
    case COVET_LOOKUP_range: return fit_range(&p);
    case COVET_LOOKUP_exact: return fit(&p, &test->value);
    case COVET_LOOKUP_gt:
    case COVET_LOOKUP_gte:
    case COVET_LOOKUP_lt:
    case COVET_LOOKUP_lte: return fit(&p, &test->value);
    default: break;
    }
    if (relation)
        return b->status =
                   covet__fail(b->err, COVET_EFIELD, "\"%s\" is a relation: %s is no lookup for it",
                               what, covet__lookup_name(test->lookup));
    return fit_text(&p);
}
