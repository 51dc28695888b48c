// Starting a program with exactly the descriptors, arguments and variables that are named.
#pragma once
#include <stddef.h>
#include <sys/types.h>

/// posix_spawn(3) of the program at `path`: descriptor i of the new process is descriptors[i], and no
/// other one is open there. It leads a process group of its own, with default signals and `directory`
/// as its current directory. Returns 0 and sets `process`, or an errno.
int clinux_spawn(const char *path, char *const *arguments, char *const *environment, const int *descriptors,
                 size_t count, const char *directory, pid_t *process);

/// An anonymous file that holds `bytes`, at offset 0; -1 and errno on failure.
int clinux_memory_file(const char *name, const void *bytes, size_t size);
