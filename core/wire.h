/* core/wire.h - internal: integers and floats in network byte order. */
#ifndef COVET_CORE_WIRE_H
#define COVET_CORE_WIRE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t covet__get16(const void *at)
{
    uint16_t x;
    memcpy(&x, at, sizeof x);
    return be16toh(x);
}

static inline uint32_t covet__get32(const void *at)
{
    uint32_t x;
    memcpy(&x, at, sizeof x);
    return be32toh(x);
}

static inline uint64_t covet__get64(const void *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return be64toh(x);
}

static inline void covet__put16(void *at, uint16_t x)
{
    x = htobe16(x);
    memcpy(at, &x, sizeof x);
}

static inline void covet__put32(void *at, uint32_t x)
{
    x = htobe32(x);
    memcpy(at, &x, sizeof x);
}

static inline void covet__put64(void *at, uint64_t x)
{
    x = htobe64(x);
    memcpy(at, &x, sizeof x);
}

static inline float covet__float_of(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline double covet__double_of(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static inline uint32_t covet__bits_of_float(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static inline uint64_t covet__bits_of_double(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

#endif
