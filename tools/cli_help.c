/*
 * tools/cli_help.c - --help, and what somebody may have meant.
 *
 * The synopsis is made from the table of options, so that it cannot be out of date.
 */
#include "tools/cli.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/nearest.h"

enum { WIDTH = 80 };

/* ---- help ------------------------------------------------------------------------------ */

/* "--dir DIR" */
static int option_text(char *text, size_t size, const cli_option *option)
{
    return snprintf(text, size, "--%s%s%s", option->name, option->value != NULL ? " " : "",
                    option->value != NULL ? option->value : "");
}

/* One piece of a synopsis; goes to the next line where it does not fit. */
static void print_piece(int *column, int indent, const char *piece)
{
    const int width = (int)strlen(piece);
    if (*column + 1 + width > WIDTH) {
        printf("\n%*s", indent, "");
        *column = indent;
    }
    *column += printf(" %s", piece);
}

static void print_synopsis(const cli_tool *tool, const cli_command *command)
{
    int column = printf("usage: %s %s", tool->name, command->name);
    const int indent = (int)strlen("usage: ") + (int)strlen(tool->name);
    if (command->operands != NULL)
        print_piece(&column, indent, command->operands);
    char text[96], piece[100];
    for (const cli_option *o = command->options; o != NULL && o->name != NULL; o++) {
        option_text(text, sizeof text, o);
        snprintf(piece, sizeof piece, o->required ? "%s" : "[%s]", text);
        print_piece(&column, indent, piece);
    }
    for (const cli_option *o = cli_shared_options; o->name != NULL; o++)
        if (cli_heeds(command, o) && o->letter == 0 && strcmp(o->name, "version") != 0) {
            option_text(text, sizeof text, o);
            snprintf(piece, sizeof piece, "[%s]", text);
            print_piece(&column, indent, piece);
        }
    putchar('\n');
}

static void print_option(const cli_option *option, int width)
{
    char text[96];
    option_text(text, sizeof text, option);
    if (option->letter != 0)
        printf("  -%c, %-*s  ", option->letter, width, text);
    else
        printf("      %-*s  ", width, text);
    for (const char *line = option->help; line != NULL;) {
        const int length = (int)strcspn(line, "\n");
        printf("%.*s", length, line);
        line = line[length] == '\n' ? line + length + 1 : NULL;
        if (line != NULL)
            printf("\n%*s", 6 + width + 2, "");
    }
    if (option->fallback != NULL)
        printf(" (%s unless given)", option->fallback);
    putchar('\n');
}

static int widest(const cli_option *options, const cli_command *heeding)
{
    int width = 0;
    char text[96];
    for (const cli_option *o = options; o != NULL && o->name != NULL; o++)
        if (heeding == NULL || cli_heeds(heeding, o))
            width = COVET_MAX(width, option_text(text, sizeof text, o));
    return width;
}

static void help_command(const cli_run *run)
{
    const cli_command *command = run->command;
    print_synopsis(run->tool, command);
    printf("\n%c%s.\n", toupper((unsigned char)command->summary[0]), command->summary + 1);
    if (command->help != NULL)
        printf("\n%s", command->help);
    printf("\nOptions:\n");
    const int width =
        COVET_MAX(widest(command->options, NULL), widest(cli_shared_options, command));
    for (const cli_option *o = command->options; o != NULL && o->name != NULL; o++)
        print_option(o, width);
    for (const cli_option *o = cli_shared_options; o->name != NULL; o++)
        if (cli_heeds(command, o))
            print_option(o, width);
}

void cli_help(const cli_run *run, const char *word)
{
    if (run->command != NULL) {
        help_command(run);
        return;
    }
    const cli_tool *tool = run->tool;
    printf("usage: %s %s%sCOMMAND [OPTION]... [OPERAND]...\n\n%s.\n\nCommands:\n", tool->name, word,
           *word != '\0' ? " " : "", tool->summary);
    int width = 0;
    for (size_t i = 0; tool->commands[i] != NULL; i++)
        width = COVET_MAX(width, (int)strlen(tool->commands[i]->name));
    const size_t length = strlen(word);
    for (size_t i = 0; tool->commands[i] != NULL; i++)
        if (strncmp(tool->commands[i]->name, word, length) == 0)
            printf("  %-*s  %s\n", width, tool->commands[i]->name, tool->commands[i]->summary);
    printf("\nOptions that many commands share:\n");
    for (const cli_option *o = cli_shared_options; o->name != NULL; o++)
        print_option(o, widest(cli_shared_options, NULL));
    printf("\n%s COMMAND --help says more about one.\n"
           "Exit status: 0 done, 1 failed, 2 wrong usage.\n",
           tool->name);
}

/* ---- did you mean ---------------------------------------------------------------------- */

const char *cli_near_command(cli_run *run, const char *prefix, const char *word)
{
    covet__nearest best = covet__nearest_to(word, strlen(word));
    const size_t length = strlen(prefix);
    for (size_t i = 0; run->tool->commands[i] != NULL; i++) {
        const char *name = run->tool->commands[i]->name;
        if (length > 0 && (strncmp(name, prefix, length) != 0 || name[length] != ' '))
            continue;
        name += length > 0 ? length + 1 : 0;
        covet__nearest_try(&best, cli_printf(run, "%.*s", (int)strcspn(name, " "), name));
    }
    if (best.word == NULL)
        return cli_printf(run, " (%s %s%s--help lists them)", run->tool->name, prefix,
                          length > 0 ? " " : "");
    return cli_printf(run, " (did you mean %s?)", best.word);
}

const char *cli_near_option(cli_run *run, const char *word)
{
    const char *name = word + strspn(word, "-");
    covet__nearest best = covet__nearest_to(name, strlen(name));
    for (const cli_option *o = cli_shared_options; o->name != NULL; o++)
        if (run->command == NULL || cli_heeds(run->command, o))
            covet__nearest_try(&best, o->name);
    if (run->command != NULL)
        for (const cli_option *o = run->command->options; o != NULL && o->name != NULL; o++)
            covet__nearest_try(&best, o->name);
    return best.word != NULL ? cli_printf(run, " (did you mean --%s?)", best.word) : "";
}
