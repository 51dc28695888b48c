// System calls and constants that the Glibc module does not show to Swift, one thin function each.
// Every function returns -1 and sets errno on failure, as the system call does.
#pragma once
#include <stdint.h>
#include <sys/types.h>

/// openat2(2). `resolve` takes CLINUX_RESOLVE_* bits; `mode` is used with O_CREAT only.
int clinux_openat2(int directory, const char *path, int flags, mode_t mode, uint64_t resolve);

/// O_PATH of open(2), which Glibc shows with _GNU_SOURCE only.
#define CLINUX_O_PATH 010000000

#define CLINUX_RESOLVE_NO_XDEV 0x01
#define CLINUX_RESOLVE_NO_MAGICLINKS 0x02
#define CLINUX_RESOLVE_NO_SYMLINKS 0x04
#define CLINUX_RESOLVE_BENEATH 0x08
#define CLINUX_RESOLVE_IN_ROOT 0x10

/// pipe2(2) with O_CLOEXEC: the reading end first.
int clinux_pipe(int ends[2]);

/// A pseudo terminal, both sides close-on-exec: pty(7). `inner` does not become the caller's terminal.
int clinux_open_terminal(int *outer, int *inner);

/// Columns of a terminal that a character takes, by wcwidth(3): -1 for one that is not printed.
int clinux_columns(uint32_t character);

/// mkostemp(3) with O_CLOEXEC: replaces the six X at the end of `path`.
int clinux_make_temporary(char *path);

/// Processors that this process may use (sched_getaffinity(2)): taskset(1) and a container's cpuset leave
/// it fewer than there are. At least 1.
int clinux_processors(void);

/// copy_file_range(2) until `count` bytes are copied or the source ends, falling back to read and
/// write where the file systems refuse. Returns the bytes copied.
int64_t clinux_copy_range(int from, int64_t from_offset, int to, int64_t to_offset, int64_t count);

/// Makes the empty file `to` share the content of `from` (ioctl_ficlone(2)); fails where the file system
/// has no such thing.
int clinux_clone_file(int from, int to);

/// `whence` of lseek(2): the next byte of data, the next hole.
#define CLINUX_SEEK_DATA 3
#define CLINUX_SEEK_HOLE 4

/// The extended attribute calls, on an entry named by its parent's descriptor and its own name, never
/// following a symbolic link. They go through /proc/self/fd, the only way to reach a symbolic link's
/// attributes below a descriptor before Linux 6.13.
ssize_t clinux_list_xattrs_at(int directory, const char *name, char *buffer, size_t size);
ssize_t clinux_get_xattr_at(int directory, const char *name, const char *attribute, void *value, size_t size);
int clinux_set_xattr_at(int directory, const char *name, const char *attribute, const void *value, size_t size);

/// Device numbers as the kernel's `dev_t` holds them.
unsigned int clinux_major(uint64_t device);
unsigned int clinux_minor(uint64_t device);

/// Sends `payload` with `descriptor` attached (SCM_RIGHTS), or without one if it is negative.
ssize_t clinux_send_with_descriptor(int socket, const void *payload, size_t size, int descriptor);
/// Receives up to `size` bytes and at most one descriptor, which is left at -1 when none came.
ssize_t clinux_receive_with_descriptor(int socket, void *buffer, size_t size, int *descriptor);
