// SPDX-License-Identifier: Apache-2.0
/** The descriptors that the codec's fuzz target tries: all there are, by number. */
#ifndef TESTS_FUZZ_DESCRIPTORS_H
#define TESTS_FUZZ_DESCRIPTORS_H

#include "common/wire/desc.h"

/** The descriptor an input's number stands for; numbers past the last begin again at the first. */
const struct struct_desc *fuzz_descriptor(size_t number);

#endif
