/*
 * tools/cli_report.c - what the tools say: errors, notes, documents, progress.
 *
 * A bar on the terminal is one line that is drawn over itself; whatever else is said
 * takes it off first.
 */
#include "tools/cli.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/loop.h"

enum { REDRAW_MSEC = 100, BAR_WIDTH = 24 };

/* ---- errors and notes ------------------------------------------------------------------ */

static void say(cli_run *run, const char *format, va_list args) COVET_PRINTF(2, 0);

static void say(cli_run *run, const char *format, va_list args)
{
    cli_progress_end(run);
    fprintf(stderr, "%s: ", run->tool->name);
    if (run->command != NULL)
        fprintf(stderr, "%s: ", run->command->name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

int cli_usage(cli_run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(run, format, args);
    va_end(args);
    return CLI_USAGE;
}

int cli_fail(cli_run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(run, format, args);
    va_end(args);
    return CLI_FAILED;
}

int cli_fail_error(cli_run *run, const covet_error *err)
{
    return cli_fail(run, "%s",
                    err->message[0] != '\0' ? err->message : covet_status_text(err->status));
}

void cli_note(cli_run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(run, format, args);
    va_end(args);
}

int cli_print_json(cli_run *run, json_t *document)
{
    if (document == NULL)
        cli_no_memory(run);
    const int bad = json_dumpf(document, stdout, JSON_INDENT(2));
    json_decref(document);
    if (bad != 0)
        return cli_fail(run, "the output could not be written");
    putchar('\n');
    return CLI_DONE;
}

const char *cli_shown(const char *word)
{
    for (const char *c = word; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL)
            return "that argument";
    return *word != '\0' && strlen(word) < 64 ? word : "that argument";
}

/* ---- progress -------------------------------------------------------------------------- */

static size_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

static void draw(const cli_bar *bar, const char *note)
{
    char cells[BAR_WIDTH + 1], line[512];
    const size_t full = (size_t)bar->percent * BAR_WIDTH / 100;
    memset(cells, '.', BAR_WIDTH);
    memset(cells, '#', full);
    cells[BAR_WIDTH] = '\0';
    snprintf(line, sizeof line, "%s [%s] %3d%%  %s", bar->what, cells, bar->percent, note);
    line[COVET_MIN(terminal_width() - 1, sizeof line - 1)] = '\0';
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
}

void cli_progress(cli_run *run, const char *what, uint64_t done, uint64_t total, const char *note)
{
    if (run->json)
        return;
    cli_bar *bar = &run->bar;
    const int percent =
        total > 0 ? (int)((double)COVET_MIN(done, total) * 100.0 / (double)total) : 100;
    const bool fresh = bar->what != what;
    if (fresh) {
        cli_progress_end(run);
        *bar = (cli_bar){.what = what, .terminal = isatty(STDERR_FILENO) == 1};
    }
    const covet_msec now = covet__now();
    if (note == NULL)
        note = "";
    if (bar->terminal) {
        if (!fresh && done < total && now < bar->drawn_at + REDRAW_MSEC)
            return;
        bar->percent = percent;
        bar->drawn_at = now;
        draw(bar, note);
    } else if (fresh || percent / 10 > bar->percent / 10) {
        bar->percent = percent;
        fprintf(stderr, "%s: %d%%%s%s\n", what, percent, *note != '\0' ? ", " : "", note);
    }
}

void cli_progress_end(cli_run *run)
{
    if (run->bar.what != NULL && run->bar.terminal) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    run->bar.what = NULL;
}
