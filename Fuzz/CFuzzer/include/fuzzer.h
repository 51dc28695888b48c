#pragma once
#include <stddef.h>
#include <stdint.h>

/// libFuzzer's own loop, of LLVM's compiler-rt: calls `one_input` until the time is over or the process dies.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one_input)(const uint8_t *data, size_t size));
