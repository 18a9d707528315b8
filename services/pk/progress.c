// SPDX-License-Identifier: Apache-2.0
#include "services/pk/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"

enum { SHOW_EACH_MS = 200, BAR = 20 };

void progress_begin(struct progress *progress, const char *what, const char *unit, int64_t count, double part)
{
    int64_t now = clock_monotonic_ms(clock_system());
    *progress = (struct progress){.is_shown = isatty(STDERR_FILENO),
                                  .what = what,
                                  .unit = unit,
                                  .begun_ms = now,
                                  .shown_ms = now,
                                  .first = count,
                                  .first_part = part};
}

void progress_show(struct progress *progress, int64_t count, double part)
{
    if (!progress->is_shown)
        return;
    int64_t now = clock_monotonic_ms(clock_system()), passed_ms = now - progress->begun_ms;
    if (now - progress->shown_ms < SHOW_EACH_MS)
        return;
    progress->shown_ms = now;
    int64_t speed = (count - progress->first) * 1000 / (passed_ms ? passed_ms : 1);
    if (part < 0) {
        fprintf(stderr, "\r%s  %" PRId64 " %s  %" PRId64 " a second\033[K", progress->what, count, progress->unit,
                speed);
        return;
    }
    double done = part - progress->first_part;
    int64_t left_s = done > 0 ? (int64_t)((double)passed_ms * (1 - part) / done / 1000) : 0;
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++)
        bar[i] = (double)i < part * BAR ? '#' : '.';
    bar[BAR] = '\0';
    fprintf(stderr, "\r%s [%s] %3d %%  %" PRId64 " %s  %" PRId64 " a second  %" PRId64 ":%02" PRId64 " left\033[K",
            progress->what, bar, (int)(part * 100), count, progress->unit, speed, left_s / 60, left_s % 60);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
    progress->is_shown = false;
}
