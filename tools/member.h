/*
 * tools/member.h - servers that become members of a group: what `init` and `group add` share.
 */
#ifndef COVET_TOOLS_MEMBER_H
#define COVET_TOOLS_MEMBER_H

#include "tools/alike.h"

/* a-z, 0-9, _ and -: member names are made of it. */
bool member_is_group_name(const char *text);
/* Every value of an option that may be repeated. False: one is malformed or holds a
 * password, which has been reported; return CLI_USAGE. */
bool member_check_dsns(cli_run *run, const char *option);
/* The values of --standby, ended by NULL. */
const char *const *member_standbys(cli_run *run);

/* The connection string as it is to stand in the catalog: with host, port and database,
 * without a password. */
covet_status member_stored_dsn(cli_run *run, const char *text, const char **ret_stored,
                               covet_error *err);
/* `credentials` fills in what the text does not say, NULL: the environment does. The session
 * has the server's own search path. */
covet_status member_connect(cli_run *run, const char *text, const covet__dsn *credentials,
                            const char *name, covet__session **ret_session, covet_error *err);
/* That the server is a standby of the primary with this system identifier. */
covet_status member_check_standby(cli_run *run, const char *dsn, const covet__dsn *credentials,
                                  const char *system_id, covet_error *err);

/* The schemas of a cluster, of this one or an earlier one, that the database has, in words:
 * "covet, app_reference, app_s00001 to app_s00064"; "" for none. With `prefix`, those of that
 * prefix alone. */
covet_status member_schemas(cli_run *run, covet__session *session, const char *prefix,
                            const char **ret_names, covet_error *err);

/* Rows of covet.members, in the transaction over the session to the catalog: the first DSN is
 * the primary's. They are called GROUPa, GROUPb, ... */
covet_status member_add_all(cli_run *run, covet__session *home, const char *group_id,
                            const char *group, const char *const *dsns, size_t count,
                            const char *system_id, covet_error *err);
/* Empty schemas for shards with these ids. */
covet_status member_make_schemas(cli_run *run, covet__session *session, const char *prefix,
                                 const uint32_t *ids, size_t count, covet_error *err);

#endif
