#include "core/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/macros.h"

enum { WORD_MAX = 63, PREFIX_MIN = 2 };

static bool same(char a, char b) { return tolower((unsigned char)a) == tolower((unsigned char)b); }

/* Edits (insert, delete, replace, swap neighbours) between the two; SIZE_MAX where one is too
 * long to be compared. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    if (a_length > WORD_MAX || b_length > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *const spare = before;
        before = last;
        last = row;
        row = spare;
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            const size_t changed = last[j - 1] + !same(a[i - 1], b[j - 1]);
            row[j] = COVET_MIN(changed, COVET_MIN(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = COVET_MIN(row[j], before[j - 2] + 1);
        }
    }
    return row[b_length];
}

covet__nearest covet__nearest_to(const char *wrong, size_t length)
{
    return (covet__nearest){.wrong = wrong, .length = length, .distance = SIZE_MAX};
}

void covet__nearest_try(covet__nearest *nearest, const char *word)
{
    const size_t length = nearest->length;
    const size_t found = distance(word, strlen(word), nearest->wrong, length);
    const bool begins = length >= PREFIX_MIN && strncasecmp(word, nearest->wrong, length) == 0;
    if (found >= nearest->distance || !(begins || (found <= 1 + length / 3 && found < length)))
        return;
    nearest->distance = found;
    nearest->word = word;
}
