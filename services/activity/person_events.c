// SPDX-License-Identifier: Apache-2.0
/** What happens in the register of persons, as far as the history needs it: who exists, who is the same, and who was erased. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/activity_erase.h"
#include "services/activity/employees.h"
#include "services/activity/history.h"
#include "services/activity/moves.h"
#include "services/activity/persons.h"

struct activity_on_person_created_plan {
    uint64_t person; // 0: he was erased, and a register that was restored has him again
};

struct activity_on_employee_changed_plan {
    uint64_t person;                     // as above
    const struct employment *employment; // NULL: he is none
};

struct activity_on_person_erased_plan {
    uint64_t person;
};

struct activity_on_person_merged_plan {
    uint64_t person;
    uint64_t into;
};

const struct activity_on_person_created_plan *activity_on_person_created_check(const struct activity_service *self,
                                                                               const struct person_created *event,
                                                                               struct ctx *ctx)
{
    (void)self;
    struct activity_on_person_created_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        plan->person = activity_has_erased(ctx, event->card.person) ? 0 : event->card.person;
    return plan;
}

void activity_on_person_created_apply(struct activity_service *self, const struct activity_on_person_created_plan *plan,
                                      struct ctx *ctx)
{
    (void)self;
    if (plan->person)
        persons_add(ctx, plan->person);
}

const struct activity_on_employee_changed_plan *activity_on_employee_changed_check(const struct activity_service *self,
                                                                                   const struct employee_changed *event,
                                                                                   struct ctx *ctx)
{
    (void)self;
    struct activity_on_employee_changed_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        *plan = (struct activity_on_employee_changed_plan){
            .person = activity_has_erased(ctx, event->person) ? 0 : event->person,
            .employment = event->has_employment ? &event->employment : NULL,
        };
    return plan;
}

void activity_on_employee_changed_apply(struct activity_service *self,
                                        const struct activity_on_employee_changed_plan *plan, struct ctx *ctx)
{
    (void)self;
    if (plan->person && plan->employment)
        employees_put(ctx, plan->person, plan->employment);
    else if (plan->person)
        employees_remove(ctx, plan->person);
}

const struct activity_on_person_erased_plan *
activity_on_person_erased_check(const struct activity_service *self, const struct person_erased *event, struct ctx *ctx)
{
    (void)self;
    struct activity_on_person_erased_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        plan->person = event->person;
    return plan;
}

void activity_on_person_erased_apply(struct activity_service *self, const struct activity_on_person_erased_plan *plan,
                                     struct ctx *ctx)
{
    (void)self;
    ctx_erase(ctx, plan->person);
}

struct activity_on_person_removed_plan {
    uint64_t person;
    bool has_any; // activities
};

const struct activity_on_person_removed_plan *activity_on_person_removed_check(const struct activity_service *self,
                                                                               const struct person_removed *event,
                                                                               struct ctx *ctx)
{
    (void)self;
    struct activity_on_person_removed_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        *plan = (struct activity_on_person_removed_plan){event->person, history_has_any(ctx, event->person)};
    return plan;
}

/** He gets no further activities. What he has is anonymous from then on: without a card nobody could have it erased. */
void activity_on_person_removed_apply(struct activity_service *self, const struct activity_on_person_removed_plan *plan,
                                      struct ctx *ctx)
{
    (void)self;
    persons_remove(ctx, plan->person);
    employees_remove(ctx, plan->person);
    if (plan->has_any)
        ctx_erase(ctx, plan->person);
}

const struct activity_on_person_merged_plan *
activity_on_person_merged_check(const struct activity_service *self, const struct person_merged *event, struct ctx *ctx)
{
    (void)self;
    struct activity_on_person_merged_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        *plan = (struct activity_on_person_merged_plan){event->person, event->into};
    return plan;
}

void activity_on_person_merged_apply(struct activity_service *self, const struct activity_on_person_merged_plan *plan,
                                     struct ctx *ctx)
{
    persons_merge(ctx, plan->person, plan->into);
    employees_remove(ctx, plan->person);
    moves_begin(self, ctx, plan->person, plan->into);
}
