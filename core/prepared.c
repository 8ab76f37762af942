#include <string.h>

#include "core/mem.h"
#include "core/prepared.h"

enum { BYTES_BASE = 20 * 1024, BYTES_PER_CHARACTER = 24, SLOTS_MIN = 16 };

#define NONE UINT32_MAX

void covet__prepared_init(covet__prepared_set *set, uint32_t count_max, size_t bytes_max)
{
    *set = (covet__prepared_set){.count_max = count_max,
                                 .bytes_max = bytes_max,
                                 .newest = NONE,
                                 .oldest = NONE};
}

void covet__prepared_free(covet__prepared_set *set)
{
    covet__free(set->slots);
    covet__free(set->dropped);
    covet__prepared_init(set, 0, 0);
}

/* ---- the order of use ------------------------------------------------------------------------ */

static uint32_t *to_older(covet__prepared_set *set, uint32_t slot)
{
    return slot == NONE ? &set->newest : &set->slots[slot].older;
}

static uint32_t *to_newer(covet__prepared_set *set, uint32_t slot)
{
    return slot == NONE ? &set->oldest : &set->slots[slot].newer;
}

static void unlink_slot(covet__prepared_set *set, uint32_t slot)
{
    const covet__prepared *p = &set->slots[slot];
    *to_older(set, p->newer) = p->older;
    *to_newer(set, p->older) = p->newer;
}

static void link_newest(covet__prepared_set *set, uint32_t slot)
{
    covet__prepared *p = &set->slots[slot];
    p->newer = NONE;
    p->older = set->newest;
    p->stamp = set->uses;
    *to_newer(set, set->newest) = slot;
    set->newest = slot;
}

static void move_to_front(covet__prepared_set *set, uint32_t slot)
{
    unlink_slot(set, slot);
    link_newest(set, slot);
}

/* ---- the table ------------------------------------------------------------------------------- */

/* The slot of the id, or the empty one where it belongs. */
static uint32_t locate(const covet__prepared_set *set, uint64_t id)
{
    uint32_t slot = (uint32_t)covet__mix64(id) & set->mask;
    while (set->slots[slot].state != COVET__PREPARED_NONE && set->slots[slot].id != id)
        slot = (slot + 1) & set->mask;
    return slot;
}

static void move_slot(covet__prepared_set *set, uint32_t from, uint32_t to)
{
    set->slots[to] = set->slots[from];
    *to_older(set, set->slots[to].newer) = to;
    *to_newer(set, set->slots[to].older) = to;
}

/* What follows in the same run of slots moves up, as if the removed had never been there
 * (Knuth, The Art of Computer Programming 3, 6.4, algorithm R). */
static void remove_slot(covet__prepared_set *set, uint32_t hole)
{
    unlink_slot(set, hole);
    set->count--;
    for (uint32_t at = (hole + 1) & set->mask; set->slots[at].state != COVET__PREPARED_NONE;
         at = (at + 1) & set->mask) {
        const uint32_t home = (uint32_t)covet__mix64(set->slots[at].id) & set->mask;
        if (((at - home) & set->mask) >= ((at - hole) & set->mask)) {
            move_slot(set, at, hole);
            hole = at;
        }
    }
    set->slots[hole].state = COVET__PREPARED_NONE;
}

static bool resize(covet__prepared_set *set, uint32_t slots)
{
    covet__prepared_set next = *set;
    next.slots = covet__zalloc(slots * sizeof *next.slots);
    if (next.slots == NULL)
        return false;
    next.mask = slots - 1;
    next.newest = next.oldest = NONE;
    for (uint32_t old = set->oldest; old != NONE; old = set->slots[old].newer) {
        const uint32_t slot = locate(&next, set->slots[old].id);
        next.slots[slot] = set->slots[old];
        link_newest(&next, slot);
        next.slots[slot].stamp = set->slots[old].stamp;
    }
    covet__free(set->slots);
    *set = next;
    return true;
}

static bool make_room(covet__prepared_set *set)
{
    const uint32_t slots = set->slots != NULL ? set->mask + 1 : 0;
    return (set->count + 1) * 2 <= slots || resize(set, COVET_MAX(slots * 2, SLOTS_MIN));
}

/* ---- use ------------------------------------------------------------------------------------- */

void covet__prepared_drop_again(covet__prepared_set *set, uint32_t serial)
{
    /* Without memory the name stays in the server until the connection ends, which
     * the pool's limit on a connection's life bounds. */
    if (COVET_GROW(set->dropped, set->dropped_capacity, set->dropped_count + 1))
        set->dropped[set->dropped_count++] = serial;
}

bool covet__prepared_next_drop(covet__prepared_set *set, uint32_t *ret_serial)
{
    if (set->dropped_count == 0)
        return false;
    *ret_serial = set->dropped[--set->dropped_count];
    return true;
}

static void evict_oldest(covet__prepared_set *set)
{
    const covet__prepared *p = &set->slots[set->oldest];
    if (p->state == COVET__PREPARED_NAMED) {
        set->bytes -= p->bytes;
        covet__prepared_drop_again(set, p->serial);
    }
    remove_slot(set, set->oldest);
}

static void add(covet__prepared_set *set, uint64_t id, size_t text_length)
{
    const size_t bytes = BYTES_BASE + text_length * BYTES_PER_CHARACTER;
    while (set->count >= set->count_max)
        evict_oldest(set);
    if (!make_room(set))
        return; /* not remembered: it will be parsed again */
    const uint32_t slot = locate(set, id);
    set->slots[slot] = (covet__prepared){.id = id,
                                         .bytes = (uint32_t)COVET_MIN(bytes, (size_t)UINT32_MAX),
                                         .state = COVET__PREPARED_SEEN};
    link_newest(set, slot);
    set->count++;
}

static covet__prepared_use prepare(covet__prepared_set *set, uint32_t slot, uint32_t *ret_serial)
{
    const uint64_t id = set->slots[slot].id;
    const uint32_t bytes = set->slots[slot].bytes;
    if (bytes > set->bytes_max)
        return COVET__USE_UNNAMED;
    move_to_front(set, slot);
    while (set->bytes + bytes > set->bytes_max)
        evict_oldest(set); /* ends: this one is the newest, and fits alone */
    covet__prepared *p = &set->slots[locate(set, id)];
    p->state = COVET__PREPARED_NAMED;
    p->serial = ++set->serials;
    set->bytes += bytes;
    *ret_serial = p->serial;
    return COVET__USE_PREPARE;
}

covet__prepared_use covet__prepared_touch(covet__prepared_set *set, uint64_t id, const char *text,
                                          uint32_t *ret_serial)
{
    if (id == 0 || set->count_max == 0)
        return COVET__USE_UNNAMED;
    set->uses++;
    const uint32_t slot = set->slots != NULL ? locate(set, id) : NONE;
    if (slot == NONE || set->slots[slot].state == COVET__PREPARED_NONE) {
        add(set, id, strlen(text));
        return COVET__USE_UNNAMED;
    }
    const covet__prepared *p = &set->slots[slot];
    if (p->state != COVET__PREPARED_NAMED)
        return prepare(set, slot, ret_serial);
    *ret_serial = p->serial;
    if (set->uses - p->stamp > set->count / 4)
        move_to_front(set, slot);
    return COVET__USE_NAMED;
}

void covet__prepared_forget(covet__prepared_set *set, uint64_t id, bool exists)
{
    covet__prepared *p = set->slots != NULL ? &set->slots[locate(set, id)] : NULL;
    if (p == NULL || p->state != COVET__PREPARED_NAMED)
        return;
    if (exists)
        covet__prepared_drop_again(set, p->serial);
    p->state = COVET__PREPARED_SEEN;
    set->bytes -= p->bytes;
}
