// SPDX-License-Identifier: Apache-2.0
/** The web program: options, and the loop that keeps the figures current. */
#ifndef SERVICES_WEB_WEB_H
#define SERVICES_WEB_WEB_H

/** Runs until SIGTERM or SIGINT; an exit status. */
int web_main(int argc, char **argv);

#endif
