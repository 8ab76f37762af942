/*
 * tests/fuzz/sql_mix.h - new statements out of old ones, by words and not by bytes.
 *
 * Bytes changed at random are hardly ever SQL. So a text is cut into words, brackets
 * and clauses, and these are left out, doubled, exchanged, put in brackets, or taken from
 * another statement: a WHERE for a WHERE, a bracket for a bracket.
 */
#ifndef COVET_TESTS_SQL_MIX_H
#define COVET_TESTS_SQL_MIX_H

#include <stddef.h>
#include <stdint.h>

/* A text that has some of `text` and some of `donor`, in `out` of `capacity` bytes; returns
 * its length. The same lots, the same text. */
size_t sql_mix(const char *text, size_t length, const char *donor, size_t donor_length, char *out,
               size_t capacity, uint64_t lots);

#endif
