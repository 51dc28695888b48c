// The door to libext2fs: its own header, and what Swift cannot reach of it.
#pragma once
#include <stdint.h>
// ext2fs.h needs these two first.
#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

/// An I/O manager on a descriptor that is open for reading and writing already. `ext2fs_initialize`
/// takes "fd:N" in place of a path. It never opens a path, never syncs and never closes N:
/// the image may be out of reach by name (another mount namespace), and its owner decides when it is
/// durable. `unixfd_io_manager` cannot stand in: before 1.47.4 it takes its open flags from F_GETFD
/// and closes the descriptor.
io_manager cext2fs_descriptor_io_manager(void);

/// What went wrong, in libext2fs's words or, for an errno, the system's. The string is the library's.
const char *cext2fs_message(errcode_t code);
