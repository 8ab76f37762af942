#include "tools/cli.h"

#include <getopt.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"

enum { OPTIONS_MAX = 64, LONG_BASE = 256 };

const cli_option cli_shared_options[] = {
    {.name = "catalog",
     .value = "DSN",
     .help = "where the cluster's catalog is; without it the environment\n"
             "variable COVET_CATALOG is asked"},
    {.name = "dry-run", .help = "say what would be done and do nothing"},
    {.name = "json", .help = "report as one JSON document"},
    {.name = "help", .letter = 'h', .help = "explain and do nothing"},
    {.name = "version", .help = "print the version and do nothing"},
    {0},
};

bool cli_heeds(const cli_command *command, const cli_option *shared)
{
    static const unsigned bits[] = {CLI_CATALOG, CLI_DRY_RUN, CLI_JSON};
    const size_t at = (size_t)(shared - cli_shared_options);
    return at >= COVET_COUNT(bits) || (command->shared & bits[at]) != 0;
}

/* ---- options --------------------------------------------------------------------------- */

static void keep_value(cli_run *run, const cli_option *option, const char *text)
{
    if (!COVET_GROW(run->values, run->value_capacity, run->value_count + 1))
        cli_no_memory(run);
    run->values[run->value_count++] = (cli_value){.option = option, .text = text};
}

/* The options in getopt's words: the shared ones, then those of the command. */
typedef struct option_list {
    const cli_option *from[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 1];
    char shorts[2 * OPTIONS_MAX + 3];
    int count;
} option_list;

static void add_options(option_list *list, const cli_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (list->count == OPTIONS_MAX)
            return;
        list->from[list->count] = options;
        list->longs[list->count] = (struct option){
            .name = options->name,
            .has_arg = options->value != NULL ? required_argument : no_argument,
            .val = LONG_BASE + list->count,
        };
        list->count++;
        if (options->letter != 0) {
            const size_t length = strlen(list->shorts);
            list->shorts[length] = options->letter;
            if (options->value != NULL)
                list->shorts[length + 1] = ':';
        }
    }
}

static const cli_option *find_option(const option_list *list, int code)
{
    if (code >= LONG_BASE && code < LONG_BASE + list->count)
        return list->from[code - LONG_BASE];
    for (int i = 0; i < list->count; i++)
        if (list->from[i]->letter != 0 && list->from[i]->letter == code)
            return list->from[i];
    return NULL;
}

/* What getopt did not like. Only an option's name is repeated, never its value. */
static int refuse_option(cli_run *run, const option_list *list, int code, const char *word)
{
    const cli_option *known = find_option(list, optopt);
    if (code == ':')
        return cli_usage(run, "--%s needs a value (--%s %s)", known->name, known->name,
                         known->value);
    if (known != NULL)
        return cli_usage(run, "--%s takes no value", known->name);
    if (optopt != 0)
        return cli_usage(run, "unknown option -%c", optopt);
    char name[48];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    return cli_usage(run, "unknown option %s%s", cli_shown(name), cli_near_option(run, name));
}

/* Parses options up to the first operand, or (with a command) all of them, operands
 * moved behind. Returns the index of the first operand, -1 where something is wrong. */
static int parse_options(cli_run *run, int argc, char **argv)
{
    option_list list = {.shorts = "+:"};
    if (run->command != NULL)
        strcpy(list.shorts, ":");
    add_options(&list, cli_shared_options);
    if (run->command != NULL)
        add_options(&list, run->command->options);
    opterr = 0;
    optind = 0; /* glibc: begin anew */
    for (;;) {
        const int code = getopt_long(argc, argv, list.shorts, list.longs, NULL);
        if (code == -1)
            return optind;
        const cli_option *option = code == '?' || code == ':' ? NULL : find_option(&list, code);
        if (option == NULL) {
            refuse_option(run, &list, code, argv[optind - 1]);
            return -1;
        }
        keep_value(run, option, option->value != NULL ? optarg : NULL);
    }
}

/* ---- commands -------------------------------------------------------------------------- */

static const cli_command *find_command(const cli_tool *tool, const char *first, const char *second)
{
    char name[128];
    snprintf(name, sizeof name, "%s%s%s", first, second != NULL ? " " : "",
             second != NULL ? second : "");
    for (size_t i = 0; tool->commands[i] != NULL; i++)
        if (strcmp(tool->commands[i]->name, name) == 0)
            return tool->commands[i];
    return NULL;
}

/* Whether some commands have `word` as the first of their two words. */
static bool begins_command(const cli_tool *tool, const char *word)
{
    const size_t length = strlen(word);
    for (size_t i = 0; tool->commands[i] != NULL; i++)
        if (strncmp(tool->commands[i]->name, word, length) == 0 &&
            tool->commands[i]->name[length] == ' ')
            return true;
    return false;
}

/* Finds the command and parses everything. False: it is not usable, and that has been
 * reported. Without a command, *ret_first is the first word of one, or "". */
static bool parse(cli_run *run, int argc, char **argv, const char **ret_first)
{
    const char *first = NULL;
    int at = 0;
    for (;;) {
        const int more = parse_options(run, argc - at, argv + at);
        if (more < 0)
            return false;
        at += more;
        if (run->command != NULL || at >= argc)
            break;
        const char *word = argv[at];
        run->command = first != NULL ? find_command(run->tool, first, word)
                                     : find_command(run->tool, word, NULL);
        if (run->command != NULL)
            continue;
        if (first != NULL || !begins_command(run->tool, word)) {
            const char *prefix = first != NULL ? first : "";
            cli_usage(run, "%s%s%s: no such command%s", prefix, *prefix != '\0' ? " " : "",
                      cli_shown(word), cli_near_command(run, prefix, word));
            return false;
        }
        first = word;
    }
    run->operands = argv + at;
    run->operand_count = argc - at;
    *ret_first = first != NULL ? first : "";
    return true;
}

static bool check_options(cli_run *run)
{
    for (size_t i = 0; i < run->value_count; i++) {
        const cli_option *option = run->values[i].option;
        for (const cli_option *o = cli_shared_options; o->name != NULL; o++)
            if (o == option && !cli_heeds(run->command, o)) {
                cli_usage(run, "--%s has no meaning here", o->name);
                return false;
            }
    }
    for (const cli_option *o = run->command->options; o != NULL && o->name != NULL; o++)
        if (o->required && !cli_given(run, o->name)) {
            cli_usage(run, "--%s is missing (--%s %s)", o->name, o->name, o->value);
            return false;
        }
    return true;
}

static bool check_operands(cli_run *run)
{
    const cli_command *command = run->command;
    if (run->operand_count < command->operands_min) {
        cli_usage(run, "an operand is missing (%s %s %s)", run->tool->name, command->name,
                  command->operands);
        return false;
    }
    if (command->operands_max >= 0 && run->operand_count > command->operands_max) {
        cli_usage(run, "%s: one operand too many", cli_shown(run->operands[command->operands_max]));
        return false;
    }
    return true;
}

static int execute(cli_run *run, int argc, char **argv)
{
    const char *first;
    if (!parse(run, argc, argv, &first))
        return CLI_USAGE;
    if (cli_given(run, "help")) {
        cli_help(run, first);
        return CLI_DONE;
    }
    if (cli_given(run, "version")) {
        printf("%s %s\n", run->tool->name, covet_version());
        return CLI_DONE;
    }
    if (run->command == NULL)
        return cli_usage(run, "%s%swhich command? (%s %s%s--help lists them)", first,
                         *first != '\0' ? ": " : "", run->tool->name, first,
                         *first != '\0' ? " " : "");
    if (!check_options(run) || !check_operands(run))
        return CLI_USAGE;
    run->json = cli_given(run, "json");
    run->dry_run = cli_given(run, "dry-run");
    if (!cli_dsn(run, "catalog", &run->catalog))
        return CLI_USAGE;
    if (run->catalog == NULL)
        run->catalog = getenv("COVET_CATALOG");
    return run->command->run(run);
}

int cli_main(const cli_tool *tool, int argc, char **argv)
{
    /* A reader that has gone is an error of write, which is reported, and no reason to
     * die between two servers. */
    signal(SIGPIPE, SIG_IGN);
    cli_run run = {.tool = tool};
    if (covet_arena_new(0, &run.arena, NULL) != COVET_OK)
        cli_no_memory(&run);
    int code = execute(&run, argc, argv);
    cli_progress_end(&run);
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == CLI_DONE)
        code = cli_fail(&run, "the output could not be written");
    covet__free(run.values);
    covet_arena_free(run.arena);
    return code;
}

/* ---- values ---------------------------------------------------------------------------- */

bool cli_given(const cli_run *run, const char *option)
{
    for (size_t i = 0; i < run->value_count; i++)
        if (strcmp(run->values[i].option->name, option) == 0)
            return true;
    return false;
}

const char *cli_next(const cli_run *run, const char *option, size_t *at)
{
    while (*at < run->value_count) {
        const cli_value *value = &run->values[(*at)++];
        if (strcmp(value->option->name, option) == 0)
            return value->text;
    }
    return NULL;
}

const char *cli_text(const cli_run *run, const char *option)
{
    const char *last = NULL;
    size_t at = 0;
    for (const char *text; (text = cli_next(run, option, &at)) != NULL;)
        last = text;
    if (last != NULL)
        return last;
    for (const cli_option *o = run->command->options; o != NULL && o->name != NULL; o++)
        if (strcmp(o->name, option) == 0)
            return o->fallback;
    return NULL;
}

bool cli_number(cli_run *run, const char *option, int min, int max, int *ret_number)
{
    const char *text = cli_text(run, option);
    char *end = NULL;
    const long number = text != NULL ? strtol(text, &end, 10) : 0;
    if (text == NULL || end == text || *end != '\0' || number < min || number > max) {
        cli_usage(run, "--%s: not a number from %d to %d", option, min, max);
        return false;
    }
    *ret_number = (int)number;
    return true;
}

/* libpq marks what must not be shown with an asterisk. */
static const char *find_secret(const PQconninfoOption *options)
{
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
        if (o->val != NULL && o->dispchar[0] == '*')
            return o->keyword;
    return NULL;
}

bool cli_dsn(cli_run *run, const char *option, const char **ret_dsn)
{
    const char *text = cli_text(run, option);
    *ret_dsn = text;
    if (text == NULL)
        return true;
    PQconninfoOption *options = PQconninfoParse(text, NULL); /* its message may quote a password */
    if (options == NULL) {
        cli_usage(run,
                  "--%s: not a connection string (\"host=... dbname=...\" or "
                  "\"postgresql://host/dbname\")",
                  option);
        return false;
    }
    const char *secret = find_secret(options);
    if (secret != NULL)
        cli_usage(run,
                  "--%s: a %s in an argument can be read by every user of this machine (put it "
                  "into a passfile or a service file, or into the environment: PGPASSWORD, or "
                  "the whole string as COVET_CATALOG)",
                  option, secret);
    PQconninfoFree(options);
    return secret == NULL;
}

/* ---- the run --------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void on_signal(int signal) { interrupted = signal; }

void cli_catch_signals(void)
{
    /* Without SA_RESTART: whoever waits wakes up and looks. */
    const struct sigaction action = {.sa_handler = on_signal};
    struct sigaction hangup;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup */
        sigaction(SIGHUP, &action, NULL);
}

int cli_interrupted(void) { return interrupted; }

void cli_no_memory(const cli_run *run)
{
    fprintf(stderr, "%s: out of memory\n", run->tool->name);
    exit(CLI_FAILED);
}

void *cli_alloc(cli_run *run, size_t size)
{
    void *memory = covet_arena_alloc(run->arena, size);
    if (memory == NULL)
        cli_no_memory(run);
    return memset(memory, 0, size);
}

char *cli_printf(cli_run *run, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = cli_alloc(run, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

static char *take(cli_run *run, covet__str *str)
{
    char *text = covet__str_take(str);
    if (text == NULL)
        cli_no_memory(run);
    return text;
}

char *cli_shell_word(cli_run *run, const char *text)
{
    covet__str word = COVET__STR_IN(run->arena);
    covet__str_char(&word, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            covet__str_add(&word, "'\\'");
        covet__str_char(&word, *text);
    }
    covet__str_char(&word, '\'');
    return take(run, &word);
}

char *cli_dsn_value(cli_run *run, const char *text)
{
    covet__str value = COVET__STR_IN(run->arena);
    const bool quoted = *text == '\0' || strpbrk(text, " '\\\t\r\n\f\v") != NULL;
    if (quoted)
        covet__str_char(&value, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            covet__str_char(&value, '\\');
        covet__str_char(&value, *text);
    }
    if (quoted)
        covet__str_char(&value, '\'');
    return take(run, &value);
}
