/*
 * tools/cli.h - the frame of the command line tools.
 *
 * A tool is a list of commands; a command is a list of options and a function. The
 * frame parses (getopt_long), explains (--help at every level), refuses what is
 * wrong with a "did you mean", and reports: results on stdout, all else on stderr.
 *
 *     covet-shardctl [SHARED OPTION]... COMMAND [OPTION]... [OPERAND]...
 *
 * Errors read `covet-shardctl: what: why (hint)`. They never repeat an argument that
 * is not a plain word: it could be a connection string with a password in it.
 */
#ifndef COVET_TOOLS_CLI_H
#define COVET_TOOLS_CLI_H

#include <jansson.h>

#include "core/fail.h"
#include "core/macros.h"
#include "core/pin.h"

/* Exit codes. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* The options that many commands share. A command names those that it heeds and the
 * others are refused: an ignored --dry-run would do what it must not. */
enum { CLI_JSON = 1, CLI_DRY_RUN = 2, CLI_CATALOG = 4 };

typedef struct cli_option {
    const char *name;     /* without the dashes */
    const char *value;    /* what stands for its value in the help, "DIR"; NULL: a switch */
    const char *fallback; /* the value where none is given; shown in the help */
    const char *help;     /* may have several lines */
    bool required;
    char letter; /* the short form, 0 for none */
} cli_option;

typedef struct cli_run cli_run;

typedef struct cli_command {
    const char *name;     /* one or two words: "status", "local up" */
    const char *operands; /* as in the synopsis: "TABLE [OTHER]"; NULL: none */
    int operands_min;
    int operands_max;          /* -1: any number */
    unsigned shared;           /* CLI_JSON, ... */
    const cli_option *options; /* ends with an empty one; NULL: none */
    const char *summary;       /* one line without a full stop */
    const char *help;          /* paragraphs, wrapped by hand; NULL: the summary says it all */
    int (*run)(cli_run *run);  /* returns the exit code, having reported why */
} cli_command;

typedef struct cli_tool {
    const char *name;
    const char *summary;
    const cli_command *const *commands; /* ends with NULL; those of one first word in a row */
} cli_tool;

typedef struct cli_value {
    const cli_option *option;
    const char *text; /* NULL for a switch */
} cli_value;

/* What the user sees of long work; private to tools/cli_report.c. */
typedef struct cli_bar {
    const char *what; /* NULL: nothing is shown */
    uint64_t drawn_at;
    int percent;
    bool terminal;
} cli_bar;

/* One run of a tool. */
struct cli_run {
    const cli_tool *tool;
    const cli_command *command; /* NULL until it is known */
    covet_arena *arena;         /* for whatever lives as long as the run */
    char **operands;
    int operand_count;
    bool json;
    bool dry_run;
    const char *catalog; /* --catalog, else COVET_CATALOG (which may hold a password: never
                          * printed), else NULL */
    cli_value *values;
    size_t value_count;
    size_t value_capacity;
    cli_bar bar;
};

/* The main of a tool. */
int cli_main(const cli_tool *tool, int argc, char **argv);

/* ---- the values of options ----------------------------------------------------------- */

/* Given, or the fallback, or NULL. Of an option that is repeated, the last. */
const char *cli_text(const cli_run *run, const char *option);
/* Whether it is on the command line. */
bool cli_given(const cli_run *run, const char *option);
/* The values of an option that may be repeated, one by one: start with *at = 0; NULL ends. */
const char *cli_next(const cli_run *run, const char *option, size_t *at);
/* False: it is not a number from `min` to `max`, which has been reported; return CLI_USAGE. */
bool cli_number(cli_run *run, const char *option, int min, int max, int *ret_number);
/* The value of an option that is a connection string, NULL where it is not given. False:
 * it is malformed or holds a password, which has been reported; return CLI_USAGE. */
bool cli_dsn(cli_run *run, const char *option, const char **ret_dsn);

/* ---- reporting ----------------------------------------------------------------------- */

/* Each prints one line on stderr and returns the exit code for it. */
int cli_usage(cli_run *run, const char *format, ...) COVET_PRINTF(2, 3);
int cli_fail(cli_run *run, const char *format, ...) COVET_PRINTF(2, 3);
int cli_fail_error(cli_run *run, const covet_error *err);

/* Something that the user should know and that is no error: a line on stderr. */
void cli_note(cli_run *run, const char *format, ...) COVET_PRINTF(2, 3);

/* Prints the document on stdout and releases it; returns the exit code. */
int cli_print_json(cli_run *run, json_t *document);

/* `word` where it is safe to repeat, else "that argument". */
const char *cli_shown(const char *word);

/* How far long work has come: a bar that is redrawn where stderr is a terminal, else a
 * line for every tenth; nothing with --json. `note` says what is done now, or is NULL.
 * `what` must outlive the bar; a new one starts a new bar. */
void cli_progress(cli_run *run, const char *what, uint64_t done, uint64_t total, const char *note);
/* Takes the bar off the terminal; also done by whatever else is reported. */
void cli_progress_end(cli_run *run);

/* ---- the run ------------------------------------------------------------------------- */

/* From here on SIGINT, SIGTERM and SIGHUP do not end the process; ask cli_interrupted. */
void cli_catch_signals(void);
/* The signal that came, or 0. */
int cli_interrupted(void);

/* Text in the run's arena. The tools end with a message where memory runs out: what
 * they have started is recorded in files, not in their memory. */
char *cli_printf(cli_run *run, const char *format, ...) COVET_PRINTF(2, 3);
void *cli_alloc(cli_run *run, size_t size); /* cleared */

/* `text` as one word of a shell: 'it'\''s'. */
char *cli_shell_word(cli_run *run, const char *text);
/* `text` as a value in a connection string. */
char *cli_dsn_value(cli_run *run, const char *text);

/* ---- between the files of the frame -------------------------------------------------- */

extern const cli_option cli_shared_options[];
/* Whether the command heeds a shared option. */
bool cli_heeds(const cli_command *command, const cli_option *shared);
/* --help for the tool, for the commands that begin with `word`, or for one command. */
void cli_help(const cli_run *run, const char *word);
/* " (did you mean NAME?)", or "" where nothing is near: of the commands' words after
 * `prefix` ("" or the first word), or of the options of the command. */
const char *cli_near_command(cli_run *run, const char *prefix, const char *word);
const char *cli_near_option(cli_run *run, const char *word);
/* Ends the process. */
_Noreturn void cli_no_memory(const cli_run *run);

#endif
