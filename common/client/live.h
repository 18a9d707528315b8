// SPDX-License-Identifier: Apache-2.0
/**
 * Live figures: a subscriber of stats that keeps figures current, as a dashboard does: first it subscribes, then it asks for all figures as they are,
 * then it takes what is published. Where a number is missing, or when stats began anew, it asks again; and every `refresh_ms` anyhow, for who was
 * cut off for a while may have missed the last message of a topic, and there is no number to show it.
 *
 * Kept are the total, each type, each assignee (with more than 10,000 of them the figures are never current), and the answers to saved questions. The
 * client's positions are forgotten before it asks: stats may have been restored to before them. One thread. Source: proto/stats.toml, what it says of figures.
 */
#ifndef COMMON_CLIENT_LIVE_H
#define COMMON_CLIENT_LIVE_H

#include "common/client/client.h"
#include "proto/stats.gen.h"

enum live_kind {
    LIVE_TOTAL,
    LIVE_TYPE,
    LIVE_ASSIGNEE,
    LIVE_QUESTION, // its total, and with it the answer
};

struct live_value {
    enum live_kind kind;
    uint64_t id;    // of the type, assignee or question; 0: the total
    int64_t number; // of its last message; 0: none has come
    int64_t seq;    // position of the activity journal it reflects
    int64_t activities;
    int64_t contacts;
    const struct question_answer *answer; // of a question; NULL otherwise. Borrows until the next turn
    const char *name;                     // of a question, as it was saved; else NULL
    bool is_gone; // a question that is no more, or has no answer: told once, and then it is forgotten
};

struct live;

struct live_config {
    struct bus *bus;           // borrowed, as the others
    const struct bus_map *map; // has stats
    struct client *client;     // of the same bus; nothing may be under way
    int64_t refresh_ms;        // 0: 10,000
    /** A figure is another, or gone. NULL: nobody wants to know. */
    void (*changed)(void *user, const struct live_value *figure);
    void *user;
};

/** Gives live figures: live_close. FAULT_CONFIG when the map has no stats. */
enum fault live_open(const struct live_config *config, struct live **out_live);
void live_close(struct live *live);

/** To be polled; when it is readable, or live_due_ms has passed, it is time for a turn. Borrows. */
struct bus_socket *live_socket(struct live *live);
int live_due_ms(const struct live *live);

/** Takes what has come, and asks one thing, if something was missed: at most as long as the client waits for an answer. */
void live_turn(struct live *live);

/** Whether the figures are current, as far as is known: they were asked for, and answered, since something was missed. */
bool live_is_current(const struct live *live);

/** Why they could not be asked for the last time, for people; NULL: they were answered, or not asked for yet. Borrows until the next turn. */
const char *live_problem(const struct live *live);

/** Position of the activity journal that the newest of them reflects; and how often something was missed. */
int64_t live_seq(const struct live *live);
uint64_t live_gaps(const struct live *live);

/** The figures, by kind and id. Borrows until the next turn. */
const struct live_value *live_figures(const struct live *live, size_t *out_count);

#endif
