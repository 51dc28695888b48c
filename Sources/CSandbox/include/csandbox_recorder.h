// Calls of a process and everything below it, stopped by a filter and answered by another process:
// seccomp_unotify(2). The thin part of a recorder; what is answered is decided in Swift.
#pragma once
#include <stdint.h>
#include <sys/types.h>

struct csandbox_failure;

/// Flags of open(2) and the *at calls, which Glibc shows with _GNU_SOURCE only.
#define CSANDBOX_AT_EMPTY_PATH 0x1000
#define CSANDBOX_O_TMPFILE 020000000

/// The calls that come to a recorder, with the arguments that they have here: each is told in its most
/// general form, whichever of its older ones was called.
enum csandbox_call {
  /// directory, path, user, group, flags of fchownat(2)
  CSANDBOX_CHOWN,
  /// directory, path, address of the struct stat, flags of fstatat(2)
  CSANDBOX_STAT,
  /// directory, path, flags, mask, address of the struct statx
  CSANDBOX_STATX,
  /// directory, path, flags, mode; only with O_CREAT or O_TMPFILE
  CSANDBOX_OPEN,
  /// directory, path, address of the struct open_how, its size
  CSANDBOX_OPEN_HOW,
  /// directory, path, mode
  CSANDBOX_MKDIR,
  /// directory, path, address of the target
  CSANDBOX_SYMLINK,
  /// directory, path, mode, device
  CSANDBOX_MKNOD,
  /// directory, path, flags of the *at calls, name, value, its size, flags of setxattr(2)
  CSANDBOX_SETXATTR,
  /// directory, path, flags of the *at calls, name, value, its room
  CSANDBOX_GETXATTR,
  /// directory, path, flags of execveat(2)
  CSANDBOX_EXECUTE,
  /// As credentials(7) has them. The ids are arguments; those of the last three are addresses.
  CSANDBOX_GETUID,
  CSANDBOX_GETEUID,
  CSANDBOX_GETGID,
  CSANDBOX_GETEGID,
  CSANDBOX_SETUID,
  CSANDBOX_SETGID,
  CSANDBOX_SETREUID,
  CSANDBOX_SETREGID,
  CSANDBOX_SETRESUID,
  CSANDBOX_SETRESGID,
  CSANDBOX_SETFSUID,
  CSANDBOX_SETFSGID,
  CSANDBOX_GETRESUID,
  CSANDBOX_GETRESGID,
  /// count, address of the ids
  CSANDBOX_GETGROUPS,
  CSANDBOX_SETGROUPS,
  /// address of the head, address of the data
  CSANDBOX_CAPGET,
  CSANDBOX_CAPSET,
  /// the value of PR_SET_KEEPCAPS, of prctl(2)
  CSANDBOX_KEEP_CAPABILITIES,
};

#define CSANDBOX_ARGUMENTS 7

/// A call whose thread waits for the answer.
struct csandbox_trapped {
  uint64_t id;
  /// In the recorder's PID namespace.
  pid_t thread;
  enum csandbox_call call;
  uint64_t arguments[CSANDBOX_ARGUMENTS];
};

/// Stops the calls above for this process and all that come from it, and returns the descriptor of which a
/// recorder receives them. Needs CAP_SYS_ADMIN in the user namespace, and Linux 5.19, which lets no signal
/// take a call back while it is being answered.
int csandbox_install_recorder(struct csandbox_failure *failure);

/// Waits for the next call. 1 when there is one, 0 when its thread was killed meanwhile.
int csandbox_receive(int listener, struct csandbox_trapped *call);

/// Whether the thread still waits: what was read of it before was then really its own.
int csandbox_still_waits(int listener, uint64_t id);

/// Answers with a value or, where `error` is not 0, an errno. It is well when the thread is gone.
int csandbox_answer(int listener, uint64_t id, int64_t value, int error);

/// Lets the kernel do the call as it was made.
int csandbox_pass(int listener, uint64_t id);

/// Answers with a copy of `descriptor` among the thread's own. ENOENT when the thread is gone.
int csandbox_answer_descriptor(int listener, uint64_t id, int descriptor, int closes_on_exec);

/// Copies memory of a thread's process. Fails with EFAULT when not all of it is there.
int csandbox_read_memory(pid_t thread, uint64_t address, void *bytes, size_t count);
int csandbox_write_memory(pid_t thread, uint64_t address, const void *bytes, size_t count);

/// A path in a thread's memory, with its NUL. ENAMETOOLONG when it has none within `capacity` bytes.
int csandbox_read_path(pid_t thread, uint64_t address, char *path, size_t capacity);

/// Which file something is, as its file system says it (name_to_handle_at(2)): with a generation, so that no
/// other file will ever be the same one, though inode numbers come back. A file of an overlay that lies in
/// its lower layer is that of the layer.
struct csandbox_handle {
  int32_t type;
  uint32_t size;
  unsigned char bytes[128];
};

/// `flags` are AT_SYMLINK_FOLLOW and AT_EMPTY_PATH. EOPNOTSUPP when the file system has no handles.
int csandbox_find_handle(int directory, const char *path, int flags, struct csandbox_handle *handle);

/// A number that a process has of its parent and hands on to its children, over fork(2) and execve(2):
/// RLIMIT_LOCKS, which has had no other meaning since Linux 2.4.25. UINT64_MAX when none was ever set, which is
/// the hard limit. 0 is the calling process.
int csandbox_read_mark(pid_t thread, uint64_t *mark);
int csandbox_set_mark(pid_t thread, uint64_t mark);

/// setxattr(2) and getxattr(2) of a file that is open with O_PATH, through the `proc` that is given: by name
/// it may be another's. The working directory becomes that one.
int csandbox_set_attribute(int proc, int file, const char *name, const void *value, size_t size, int flags);
ssize_t csandbox_get_attribute(int proc, int file, const char *name, void *value, size_t room);

/// statx(2) of an open file, into the 256 bytes of its answer, with these owners.
int csandbox_statx(int file, int flags, unsigned mask, uint32_t user, uint32_t group, void *answer);
