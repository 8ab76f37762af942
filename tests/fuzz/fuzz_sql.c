/*
 * tests/fuzz/fuzz_sql.c - any text, through parser, facts, plan, and what is sent
 * (libFuzzer; tools/fuzz builds and runs it).
 *
 * What is wrong is printed with the text, which belongs in findings.sql once it is mended.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/sql_check.h"
#include "fuzz/sql_mix.h"
#include "support/world.h"

enum { SEEDS_MAX = 2000, SEED_BYTES_MAX = 1 << 20 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t capacity, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);

static char seeds[SEED_BYTES_MAX];
static char *lines[SEEDS_MAX];
static uint32_t line_count;

/* The CPU time is used up: libFuzzer ends in good order on that other signal. */
static void on_time_over(int number)
{
    (void)number;
    raise(SIGUSR1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    signal(SIGXCPU, on_time_over);
    FILE *file = fopen(COVET_SEEDS, "r");
    if (file == NULL || world_up(NULL) != 0) {
        fprintf(stderr, "%s: cannot be read\n", COVET_SEEDS);
        exit(1);
    }
    seeds[fread(seeds, 1, sizeof seeds - 1, file)] = '\0';
    fclose(file);
    for (char *line = strtok(seeds, "\n"); line != NULL && line_count < SEEDS_MAX;
         line = strtok(NULL, "\n"))
        lines[line_count++] = line;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *complaint = sql_check((const char *)data, size);
    if (complaint == NULL)
        return 0;
    fprintf(stderr, "%.*s\n%s\n", (int)size, (const char *)data, complaint);
    abort();
}

static size_t mix_in(const uint8_t *data, size_t size, const char *donor, size_t donor_size,
                     uint8_t *out, size_t capacity, unsigned int seed)
{
    return sql_mix((const char *)data, size, donor, donor_size, (char *)out, capacity, seed);
}

/* Bytes now and then: names, numbers and what is not SQL at all. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned int seed)
{
    if (seed % 16 == 0 || line_count == 0)
        return LLVMFuzzerMutate(data, size, capacity);
    const char *donor = lines[seed / 16 % line_count];
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL)
        return size;
    memcpy(copy, data, size);
    size = mix_in(copy, size, donor, strlen(donor), data, capacity, seed);
    free(copy);
    return size;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t capacity, unsigned int seed)
{
    return mix_in(a, a_size, (const char *)b, b_size, out, capacity, seed);
}
