#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "core/dsn.h"
#include "core/fail.h"

typedef struct pair {
    char *keyword;
    char *value;
    bool given; /* stands in the text itself, not in a service or the environment */
} pair;

struct covet__dsn {
    pair *pairs;
    size_t count;
    size_t capacity;
    char **hosts; /* one each, with its port */
    char **ports;
    size_t host_count;
};

void covet__dsn_free(covet__dsn *dsn)
{
    if (dsn == NULL)
        return;
    for (size_t i = 0; i < dsn->count; i++) {
        covet__free(dsn->pairs[i].keyword);
        covet__free(dsn->pairs[i].value);
    }
    for (size_t i = 0; i < dsn->host_count; i++) {
        covet__free(dsn->hosts[i]);
        covet__free(dsn->ports[i]);
    }
    covet__free(dsn->pairs);
    covet__free(dsn->hosts);
    covet__free(dsn->ports);
    covet__free(dsn);
}

static pair *find(const covet__dsn *dsn, const char *keyword)
{
    for (size_t i = 0; i < dsn->count; i++)
        if (strcmp(dsn->pairs[i].keyword, keyword) == 0)
            return &dsn->pairs[i];
    return NULL;
}

const char *covet__dsn_get(const covet__dsn *dsn, const char *keyword)
{
    const pair *p = find(dsn, keyword);
    return p != NULL ? p->value : NULL;
}

static covet_status put(covet__dsn *dsn, const char *keyword, const char *value, bool given)
{
    pair *p = find(dsn, keyword);
    if (p == NULL) {
        if (!COVET_GROW(dsn->pairs, dsn->capacity, dsn->count + 1))
            return COVET_ENOMEM;
        p = &dsn->pairs[dsn->count];
        *p = (pair){.keyword = covet__strdup(keyword)};
        if (p->keyword == NULL)
            return COVET_ENOMEM;
        dsn->count++;
    }
    char *copy = NULL;
    if (value != NULL && (copy = covet__strdup(value)) == NULL)
        return COVET_ENOMEM;
    covet__free(p->value);
    p->value = copy;
    p->given = given && value != NULL;
    return COVET_OK;
}

covet_status covet__dsn_set(covet__dsn *dsn, const char *keyword, const char *value)
{
    return put(dsn, keyword, value, true);
}

/* The `index`-th of the comma-separated items, the last one where there are fewer. */
static char *item(const char *list, size_t index)
{
    for (const char *comma; index > 0 && (comma = strchr(list, ',')) != NULL; index--)
        list = comma + 1;
    return covet__strndup(list, strcspn(list, ","));
}

static size_t items(const char *list)
{
    size_t count = 1;
    for (const char *c = list; *c != '\0'; c++)
        count += *c == ',';
    return count;
}

static covet_status split_hosts(covet__dsn *dsn)
{
    const char *host = covet__dsn_get(dsn, "host");
    const char *addr = covet__dsn_get(dsn, "hostaddr");
    const char *port = covet__dsn_get(dsn, "port");
    if (host == NULL || host[0] == '\0')
        host = addr != NULL && addr[0] != '\0' ? addr : "/var/run/postgresql";
    if (port == NULL || port[0] == '\0')
        port = "5432";
    const size_t count = items(host);
    dsn->hosts = covet__zalloc(count * sizeof(char *));
    dsn->ports = covet__zalloc(count * sizeof(char *));
    if (dsn->hosts == NULL || dsn->ports == NULL)
        return COVET_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        dsn->host_count = i + 1;
        dsn->hosts[i] = item(host, i);
        dsn->ports[i] = items(port) == 1 ? covet__strdup(port) : item(port, i);
        if (dsn->hosts[i] == NULL || dsn->ports[i] == NULL)
            return COVET_ENOMEM;
    }
    return COVET_OK;
}

/* libpq quotes the DSN, and so its password, in some complaints about syntax. */
static covet_status syntax_error(const char *why, covet_error *err)
{
    char text[200];
    covet__copy(text, sizeof text, why != NULL ? why : "out of memory");
    for (char *quote = strchr(text, '"'); quote != NULL;) {
        char *end = strchr(quote + 1, '"');
        const size_t length = end != NULL ? (size_t)(end - quote - 1) : strlen(quote + 1);
        if (length > 1) /* a single sign is the one that is missing */
            memset(quote + 1, '*', length);
        quote = end != NULL ? strchr(end + 1, '"') : NULL;
    }
    text[strcspn(text, "\n")] = '\0';
    return covet__fail(err, COVET_EINVAL, "connection string: %s", text);
}

static covet_status take_options(covet__dsn *dsn, const PQconninfoOption *options, bool given)
{
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
        if (o->val != NULL && strcmp(o->keyword, "service") != 0 && find(dsn, o->keyword) == NULL)
            COVET_TRY(put(dsn, o->keyword, o->val, given));
    return COVET_OK;
}

/*
 * Lets libpq itself fill in the service and the environment. An impossible
 * gssencmode makes it stop before it resolves or connects anything; we set that
 * keyword ourselves on every connection, so nothing is lost.
 */
static covet_status take_defaults(covet__dsn *dsn, const char *text, covet_error *err)
{
    const char *const keywords[] = {"dbname", "gssencmode", NULL};
    const char *const values[] = {text, "none", NULL};
    PGconn *pg = PQconnectStartParams(keywords, values, 1);
    PQconninfoOption *options = pg != NULL ? PQconninfo(pg) : NULL;
    covet_status status = COVET_ENOMEM;
    if (options != NULL)
        status = take_options(dsn, options, false);
    const char *why = pg != NULL ? PQerrorMessage(pg) : "";
    if (status == COVET_OK && strstr(why, "gssencmode") == NULL)
        status =
            covet__fail(err, COVET_EINVAL, "connection string: %.*s", (int)strcspn(why, "\n"), why);
    PQconninfoFree(options);
    PQfinish(pg);
    return status;
}

static covet_status parse(covet__dsn *dsn, const char *text, covet_error *err)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(text, &why);
    if (options == NULL) {
        const covet_status status = syntax_error(why, err);
        PQfreemem(why);
        return status;
    }
    const covet_status status = take_options(dsn, options, true);
    PQconninfoFree(options);
    COVET_TRY(status);
    COVET_TRY(take_defaults(dsn, text, err));
    COVET_TRY(put(dsn, "gssencmode", NULL, false));
    return split_hosts(dsn);
}

covet_status covet__dsn_parse(const char *text, covet__dsn **ret_dsn, covet_error *err)
{
    COVET_AUTO(covet__dsn) dsn = covet__zalloc(sizeof *dsn);
    if (dsn == NULL)
        return covet__fail(err, COVET_ENOMEM, "connection string: out of memory");
    const covet_status status = parse(dsn, text, err);
    if (status == COVET_ENOMEM)
        return covet__fail(err, COVET_ENOMEM, "connection string: out of memory");
    COVET_TRY(status);
    *ret_dsn = COVET_TAKE(dsn);
    return COVET_OK;
}

covet__dsn *covet__dsn_copy(const covet__dsn *dsn)
{
    COVET_AUTO(covet__dsn) copy = covet__zalloc(sizeof *copy);
    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < dsn->count; i++)
        if (put(copy, dsn->pairs[i].keyword, dsn->pairs[i].value, dsn->pairs[i].given) != COVET_OK)
            return NULL;
    return split_hosts(copy) == COVET_OK ? COVET_TAKE(copy) : NULL;
}

size_t covet__dsn_hosts(const covet__dsn *dsn) { return dsn->host_count; }
const char *covet__dsn_host(const covet__dsn *dsn, size_t host) { return dsn->hosts[host]; }
const char *covet__dsn_port(const covet__dsn *dsn, size_t host) { return dsn->ports[host]; }

static bool names_a_place(const char *keyword)
{
    return strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0 ||
           strcmp(keyword, "port") == 0 || strcmp(keyword, "dbname") == 0;
}

covet_status covet__dsn_inherit(covet__dsn *dsn, const covet__dsn *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const pair *theirs = &from->pairs[i];
        const pair *ours = find(dsn, theirs->keyword);
        if (!names_a_place(theirs->keyword) && (ours == NULL || !ours->given))
            COVET_TRY(put(dsn, theirs->keyword, theirs->value, theirs->given));
    }
    return COVET_OK;
}

void covet__dsn_describe(const covet__dsn *dsn, size_t host, covet__str *out)
{
    const char *dbname = covet__dsn_get(dsn, "dbname");
    covet__str_printf(out, "%s:%s", dsn->hosts[host], dsn->ports[host]);
    if (dbname != NULL)
        covet__str_printf(out, "/%s", dbname);
}

void covet__dsn_print(const covet__dsn *dsn, covet__str *out)
{
    for (size_t i = 0; i < dsn->count; i++) {
        const pair *p = &dsn->pairs[i];
        if (!p->given || p->value == NULL || strcmp(p->keyword, "password") == 0)
            continue;
        covet__str_printf(out, "%s%s='", out->length > 0 ? " " : "", p->keyword);
        for (const char *c = p->value; *c != '\0'; c++) {
            if (*c == '\'' || *c == '\\')
                covet__str_char(out, '\\');
            covet__str_char(out, *c);
        }
        covet__str_char(out, '\'');
    }
}

covet_status covet__dsn_params(const covet__dsn *dsn, const char *const (*extra)[2], size_t extras,
                               const char **keywords, const char **values, size_t room)
{
    size_t n = 0;
    if (dsn->count + extras + 1 > room)
        return COVET_EINVAL;
    for (size_t i = 0; i < dsn->count; i++) {
        const pair *p = &dsn->pairs[i];
        if (p->value == NULL || (names_a_place(p->keyword) && strcmp(p->keyword, "dbname") != 0))
            continue;
        keywords[n] = p->keyword;
        values[n++] = p->value;
    }
    for (size_t i = 0; i < extras; i++) { /* of two, libpq takes the last */
        if (extra[i][1] == NULL || extra[i][1][0] == '\0')
            continue;
        keywords[n] = extra[i][0];
        values[n++] = extra[i][1];
    }
    keywords[n] = values[n] = NULL;
    return COVET_OK;
}
