// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/wishes.h"

#include "tests/sim/world.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, TYPES = 12 }; // the last type does not exist

/** A person that clients know of, rarely one that nobody knows. Its command may ask to be seen. */
static uint64_t choose_person(struct world *world, struct sim_command *command)
{
    const struct clients *clients = &world->clients;
    command->person = 400 + rng_below(&world->rng, 5);
    if (clients->person_count == 0 || rng_chance(&world->rng, 30))
        return command->person;
    size_t place = rng_below(&world->rng, clients->person_count);
    command->person = clients->persons[place];
    command->sees_person = rng_chance(&world->rng, 600);
    return command->person;
}

static uint64_t choose(struct world *world, const uint64_t *known, size_t count)
{
    return count == 0 || rng_chance(&world->rng, 200) ? 1 + rng_below(&world->rng, 20)
                                                      : known[rng_below(&world->rng, count)];
}

/** Texts live until the end of the step. */
static struct text print(struct world *world, const char *format, uint64_t number)
{
    char text[64];
    int len = snprintf(text, sizeof text, format, (unsigned long long)number);
    return arena_text(&world->arena, (struct text){text, (size_t)len});
}

static struct text new_email(struct world *world, struct sim_command *command, uint64_t number)
{
    struct text email = print(world, "p%llu@example.test", number);
    command->sets_email = true;
    snprintf(command->email, sizeof command->email, "%.*s", (int)email.len, email.data);
    return email;
}

static void create_person(struct world *world, size_t number, struct sim_command *command, union wish *wish)
{
    struct person_create *create = &wish->person_create;
    create->given_name = print(world, "Person %llu", number);
    if (rng_chance(&world->rng, 850)) {
        create->has_email = true;
        create->email = new_email(world, command, number);
    }
    create->has_mobile = rng_chance(&world->rng, 500);
    create->mobile = print(world, "070%07llu", number);
    create->has_customer_number = rng_chance(&world->rng, 200);
    create->customer_number = print(world, "K%llu", rng_below(&world->rng, 6));
}

static void update_person(struct world *world, size_t number, struct sim_command *command, union wish *wish)
{
    struct person_update *update = &wish->person_update;
    update->person = choose_person(world, command);
    command->sees_person = false;
    update->has_revision = rng_chance(&world->rng, 300);
    update->revision = 1 + (int64_t)rng_below(&world->rng, 3);
    if (rng_chance(&world->rng, 200)) {
        update->clear_email = true;
        command->sets_email = true;
    } else if (rng_chance(&world->rng, 600)) {
        update->has_email = true;
        update->email = new_email(world, command, number);
    } else {
        update->has_family_name = true;
        update->family_name = print(world, "Name %llu", rng_below(&world->rng, 3));
    }
}

/** The person is the one who is kept, the subject the other; now and then they are the same, or one of them was merged before. */
static void merge_persons(struct world *world, struct sim_command *command, union wish *wish)
{
    struct person_merge *merge = &wish->person_merge;
    merge->keep = choose_person(world, command);
    merge->drop = choose_person(world, command);
    merge->has_drop_revision = rng_chance(&world->rng, 100);
    merge->drop_revision = 1;
    command->sees_person = false;
    command->person = merge->keep;
    command->subject = merge->drop;
}

static void create_activity(struct world *world, size_t number, struct sim_command *command, union wish *wish)
{
    struct activity_create *create = &wish->activity_create;
    create->person = choose_person(world, command);
    create->type = command->type = 1 + rng_below(&world->rng, TYPES);
    create->subject = print(world, "About %llu", number);
    create->has_start_ms = rng_chance(&world->rng, 800);
    create->start_ms = world->utc_ms + ((int64_t)rng_below(&world->rng, 80) - 40) * DAY_MS / 2 +
                       (int64_t)rng_below(&world->rng, DAY_MS);
    create->has_end_ms = create->has_start_ms && rng_chance(&world->rng, 400);
    create->end_ms = create->start_ms + 1000;
    create->has_status = !create->has_end_ms && rng_chance(&world->rng, 500);
    create->status = ACTIVITY_STATUS_IN_PROGRESS;
    create->has_body = rng_chance(&world->rng, 200);
    create->body = TEXT("In full.");
    command->has_contact = true;
    command->contact = create->has_end_ms || create->has_status;
}

static void send_email(struct world *world, size_t number, struct sim_command *command, union wish *wish)
{
    struct email_send *send = &wish->email_send;
    send->person = choose_person(world, command);
    send->subject = print(world, "Mail %llu", number);
    send->text = TEXT("Hej!");
    send->has_at_least_once = send->at_least_once = command->at_least_once = rng_chance(&world->rng, 200);
    send->has_test = send->test = command->test = rng_chance(&world->rng, 80);
    send->has_not_after_ms = rng_chance(&world->rng, 200);
    send->not_after_ms = world->utc_ms + (int64_t)rng_below(&world->rng, 5 * 60 * 1000);
}

static void send_sms(struct world *world, size_t number, struct sim_command *command, union wish *wish)
{
    struct sms_send *send = &wish->sms_send;
    send->person = choose_person(world, command);
    send->text = print(world, "Hej %llu!", number);
    send->has_at_least_once = send->at_least_once = command->at_least_once = rng_chance(&world->rng, 100);
    send->has_test = send->test = command->test = rng_chance(&world->rng, 50);
}

static void change_activity(struct world *world, struct sim_command *command, uint64_t *out_activity)
{
    command->subject = choose(world, world->clients.activities, world->clients.activity_count);
    *out_activity = command->subject;
}

static void settle_recipient(struct world *world, struct sim_command *command, union wish *wish)
{
    static const enum recipient_state states[] = {RECIPIENT_STATE_ACCEPTED, RECIPIENT_STATE_DELIVERED,
                                                  RECIPIENT_STATE_BOUNCED, RECIPIENT_STATE_FAILED};
    command->subject = choose(world, world->clients.recipients, world->clients.recipient_count);
    wish->recipient_resolve.recipient = command->subject;
    wish->recipient_resolve.state = states[rng_below(&world->rng, 4)];
}

/** Completes an erasure that is known to be marked, or rarely one that is not. */
static void complete_erasure(struct world *world, struct sim_command *command, union wish *wish)
{
    const struct clients *clients = &world->clients;
    if (clients->marked_count > 0 && rng_chance(&world->rng, 900))
        command->person = clients->marked[rng_below(&world->rng, clients->marked_count)];
    else
        choose_person(world, command);
    command->sees_person = false;
    wish->complete_erasure.person = command->person;
}

static void start(struct sim_command *command, const struct message_desc *message, int node)
{
    command->message = message;
    command->node = node;
}

void wish_make(struct world *world, size_t number, struct sim_command *command, union wish *out_wish)
{
    uint64_t choice = world->clients.person_count < 3 ? 0 : rng_below(&world->rng, 100);
    memset(out_wish, 0, sizeof *out_wish);
    if (choice < 10) {
        start(command, &person_create_message, NODE_PERSON);
        create_person(world, number, command, out_wish);
    } else if (choice < 15) {
        start(command, &person_update_message, NODE_PERSON);
        update_person(world, number, command, out_wish);
    } else if (choice < 17) {
        start(command, &person_merge_message, NODE_PERSON);
        merge_persons(world, command, out_wish);
    } else if (choice < 20 || (choice < 22 && world->clients.marked_count == 0 && !rng_chance(&world->rng, 50))) {
        start(command, &person_mark_erasure_message, NODE_PERSON);
        out_wish->mark_erasure.person = choose_person(world, command);
        command->sees_person = false;
    } else if (choice < 22) {
        start(command, &person_complete_erasure_message, NODE_PERSON);
        complete_erasure(world, command, out_wish);
    } else if (choice < 50) {
        start(command, &activity_create_message, NODE_ACTIVITY);
        create_activity(world, number, command, out_wish);
    } else if (choice < 60) {
        start(command, &activity_finish_message, NODE_ACTIVITY);
        change_activity(world, command, &out_wish->activity_finish.activity);
    } else if (choice < 68) {
        start(command, &activity_delete_message, NODE_ACTIVITY);
        change_activity(world, command, &out_wish->activity_delete.activity);
    } else if (choice < 86) {
        start(command, &email_send_message, NODE_NOTIFICATION);
        send_email(world, number, command, out_wish);
    } else if (choice < 94) {
        start(command, &sms_send_message, NODE_NOTIFICATION);
        send_sms(world, number, command, out_wish);
    } else if (choice < 96) {
        start(command, &recipient_cancel_message, NODE_NOTIFICATION);
        command->subject = choose(world, world->clients.recipients, world->clients.recipient_count);
        out_wish->recipient_cancel.recipient = command->subject;
    } else {
        start(command, &recipient_resolve_message, NODE_NOTIFICATION);
        settle_recipient(world, command, out_wish);
    }
}
