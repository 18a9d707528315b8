// SPDX-License-Identifier: Apache-2.0
/** The descriptors that the codec's fuzz target tries, in a table that its corpus refers to by index. */
#ifndef TESTS_FUZZ_DESCRIPTORS_H
#define TESTS_FUZZ_DESCRIPTORS_H

#include "common/wire/desc.h"

extern const struct struct_desc *const fuzz_descriptors[];
extern const size_t fuzz_descriptor_count;

#endif
