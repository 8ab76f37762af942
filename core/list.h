/*
 * core/list.h - internal: a doubly linked list whose links live in the items.
 *
 * An unlinked link points at itself, so that removing twice does nothing and
 * covet__list_empty answers for heads and items alike.
 */
#ifndef COVET_CORE_LIST_H
#define COVET_CORE_LIST_H

#include "core/macros.h"

typedef struct covet__link {
    struct covet__link *next;
    struct covet__link *prev;
} covet__link;

static inline void covet__list_init(covet__link *link) { link->next = link->prev = link; }

static inline bool covet__list_empty(const covet__link *link) { return link->next == link; }

static inline void covet__list_append(covet__link *head, covet__link *item)
{
    item->prev = head->prev;
    item->next = head;
    head->prev->next = item;
    head->prev = item;
}

static inline void covet__list_prepend(covet__link *head, covet__link *item)
{
    covet__list_append(head->next, item);
}

static inline void covet__list_remove(covet__link *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    covet__list_init(item);
}

/* Moves all items of `from` to the end of `to`. */
static inline void covet__list_splice(covet__link *to, covet__link *from)
{
    if (covet__list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    covet__list_init(from);
}

/* The item may be removed, not freed by others, while the loop stands on it. */
#define COVET_LIST_EACH(item, head, type, member)                                                  \
    for (covet__link *covet_at_ = (head)->next, *covet_next_ = covet_at_->next;                    \
         covet_at_ != (head); covet_at_ = covet_next_, covet_next_ = covet_at_->next)              \
        for (type *item = COVET_CONTAINER(covet_at_, type, member); item != NULL; item = NULL)

#endif
