#include <stdlib.h>
#include <string.h>

#include "core/pqerror.h"

const char *covet__pq_state(const PGresult *result)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    return state != NULL ? state : "";
}

void covet__pq_line(const char *message, char *out, size_t size)
{
    covet__copy(out, size, message);
    for (size_t length = strlen(out); length > 0 && out[length - 1] == '\n';)
        out[--length] = '\0';
    for (char *c = out; *c != '\0'; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
}

static bool ends_connection(const char *state)
{
    return strncmp(state, "08", 2) == 0 || strcmp(state, "57P01") == 0 ||
           strcmp(state, "57P02") == 0 || strcmp(state, "57P03") == 0;
}

covet_status covet__pq_error(const PGresult *result, covet_error *err)
{
    const char *state = covet__pq_state(result);
    const covet_status status = ends_connection(state) ? COVET_ECONNLOST : COVET_ESQL;
    if (err == NULL)
        return status;
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    char line[sizeof err->message];
    if (text == NULL) {
        covet__pq_line(PQresultErrorMessage(result), line, sizeof line);
        text = line;
    }
    covet__fail_state(err, status, state, "%s%s%s%s%s%s", text,
                      detail != NULL || hint != NULL ? " (" : "", detail != NULL ? detail : "",
                      detail != NULL && hint != NULL ? " " : "", hint != NULL ? hint : "",
                      detail != NULL || hint != NULL ? ")" : "");
    covet__copy(err->constraint, sizeof err->constraint,
                PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME));
    covet__copy(err->table, sizeof err->table, PQresultErrorField(result, PG_DIAG_TABLE_NAME));
    covet__copy(err->column, sizeof err->column, PQresultErrorField(result, PG_DIAG_COLUMN_NAME));
    err->position = position != NULL ? (int32_t)strtol(position, NULL, 10) : 0;
    return status;
}
