// SPDX-License-Identifier: Apache-2.0
#include "services/person/bulk_choose.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/must.h"
#include "services/person/bulk.h"
#include "services/person/filter.h"

struct bulk_box {
    pthread_mutex_t lock;
    int fd;
    struct bulk_choice choice; // not taken yet
    uint64_t last_chosen;      // the query side's: what it has chosen for, none twice
};

struct bulk_box *bulk_box_new(void)
{
    struct bulk_box *box = calloc(1, sizeof *box);
    if (!box)
        return NULL;
    box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (box->fd < 0) {
        free(box);
        return NULL;
    }
    must(pthread_mutex_init(&box->lock, NULL) == 0);
    return box;
}

void bulk_box_free(struct bulk_box *box)
{
    if (!box)
        return;
    roster_set_free(box->choice.persons);
    pthread_mutex_destroy(&box->lock);
    close(box->fd);
    free(box);
}

int bulk_box_fd(const struct bulk_box *box)
{
    return box->fd;
}

static void put(struct bulk_box *box, const struct bulk_choice *choice)
{
    pthread_mutex_lock(&box->lock);
    roster_set_free(box->choice.persons);
    box->choice = *choice;
    pthread_mutex_unlock(&box->lock);
    (void)!write(box->fd, &(uint64_t){1}, sizeof(uint64_t)); // full only when it is readable anyway
}

bool bulk_choose(struct bulk_box *box, struct roster *roster, struct ctx *ctx, size_t most_cards)
{
    bool is_chosen;
    struct bulk row;
    struct filter filter = {.made_count = 0};
    struct bulk_choice choice = {.bulk = bulk_current(ctx->txn, &is_chosen)};
    if (choice.bulk == 0 || is_chosen || box->last_chosen == choice.bulk)
        return true;
    roster_want(roster);
    if (!bulk_get_row(ctx, choice.bulk, &row) || !roster_catch_up(roster, ctx, most_cards))
        return false;
    const roaring_bitmap_t *persons = filter_read(&filter, ctx, roster, row.where) ? filter_persons(&filter) : NULL;
    if (persons)
        choice.persons = roaring_bitmap_copy(persons);
    choice.refusal = ctx->refusal;
    filter_fini(&filter);
    bool is_wrong = choice.refusal.code == ERROR_INVALID_FIELD;
    if (!choice.persons && !is_wrong) {
        ctx_refuse(ctx, ERROR_BUSY, NULL, "There is no memory to choose the persons of a bulk change.");
        return false;
    }
    if (is_wrong)
        ctx->refusal = (struct refusal){.code = ERROR_NONE};
    box->last_chosen = choice.bulk;
    put(box, &choice);
    return true;
}

struct bulk_choice bulk_box_take(struct bulk_box *box)
{
    uint64_t signals;
    (void)!read(box->fd, &signals, sizeof signals);
    pthread_mutex_lock(&box->lock);
    struct bulk_choice choice = box->choice;
    box->choice = (struct bulk_choice){.bulk = 0};
    pthread_mutex_unlock(&box->lock);
    return choice;
}
