#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "core/list.h"
#include "core/mem.h"
#include "core/quota.h"

struct covet__quota {
    covet__link link;
    uint32_t holders;
    uint32_t taken;
    char place[];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards all of them */
static covet__link quotas = {&quotas, &quotas};

static covet__quota *find(const char *place)
{
    COVET_LIST_EACH (q, &quotas, covet__quota, link)
        if (strcmp(q->place, place) == 0)
            return q;
    return NULL;
}

static covet__quota *make(const char *place)
{
    const size_t size = strlen(place) + 1;
    covet__quota *quota = covet__alloc(sizeof *quota + size);
    if (quota == NULL)
        return NULL;
    *quota = (covet__quota){0};
    memcpy(quota->place, place, size);
    covet__list_append(&quotas, &quota->link);
    return quota;
}

covet__quota *covet__quota_open(const char *place)
{
    pthread_mutex_lock(&mutex);
    covet__quota *quota = find(place);
    if (quota == NULL)
        quota = make(place);
    if (quota != NULL)
        quota->holders++;
    pthread_mutex_unlock(&mutex);
    return quota;
}

void covet__quota_close(covet__quota *quota)
{
    if (quota == NULL)
        return;
    pthread_mutex_lock(&mutex);
    const bool last = --quota->holders == 0;
    if (last)
        covet__list_remove(&quota->link);
    pthread_mutex_unlock(&mutex);
    if (last)
        covet__free(quota);
}

bool covet__quota_take(covet__quota *quota, uint32_t max)
{
    pthread_mutex_lock(&mutex);
    const bool taken = quota->taken < max;
    quota->taken += taken;
    pthread_mutex_unlock(&mutex);
    return taken;
}

void covet__quota_give(covet__quota *quota)
{
    pthread_mutex_lock(&mutex);
    assert(quota->taken > 0);
    quota->taken--;
    pthread_mutex_unlock(&mutex);
}
