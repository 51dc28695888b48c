// Entering namespaces and running one command in them. C because a process with a second thread
// cannot unshare its user namespace (unshare(2), EINVAL), and because only async-signal-safe code may
// run between a clone of a threaded process and exec: nothing here allocates memory.
#pragma once
#include <sys/types.h>

/// What failed: the call and its object in words ("mount /proc"), and errno.
struct csandbox_failure {
  int code;
  char what[120];
};

/// How a worker comes to its privilege.
enum csandbox_tier {
  /// A user namespace whose ids the parent maps: with newuidmap(1) and newgidmap(1), or as root itself.
  CSANDBOX_MAPPED = 0,
  /// Real root: no user namespace.
  CSANDBOX_ROOT = 1,
  /// A user namespace with the caller's own id only, which is root there; a recorder answers for the others.
  CSANDBOX_ONE_ID = 2,
};

/// What answers the calls of a worker with one id, in its keeper.
struct csandbox_recorder {
  /// Takes one call from the listener and answers it (csandbox_recorder.h). After anything but 0 the worker
  /// is killed; `failure` then says why, and goes out on `lifetime`.
  int (*answer)(void *context, int listener, struct csandbox_failure *failure);
  /// The worker has ended. `workspace` is its directory.
  void (*finish)(void *context, int workspace);
  void *context;
};

/// Turns this process, which must be single-threaded, into a sandboxed worker and returns in it.
///
/// `control` is a stream socket to the parent. In the sub-uid tier the byte 'U' goes out when the user
/// namespace exists, and 'M' must come back once its ids are mapped. 'R' follows when the worker is
/// ready. The worker is PID 1 of a PID namespace, with its own mount, IPC, UTS and network namespaces
/// (loopback only), in the directory `workspace`, as uid 0. The calling process stays outside as its
/// keeper and never returns: it kills the worker, and so everything in the PID namespace, when
/// `lifetime`, a stream socket, is closed at the other end, and leaves with the worker's status. With one id
/// it answers the worker's calls by `recorder`, which is not used otherwise.
int csandbox_enter_worker(enum csandbox_tier tier, int control, int workspace, int lifetime,
                          const struct csandbox_recorder *recorder, struct csandbox_failure *failure);

/// Runs `body` on a new thread and returns what it returned. Swift's runtime takes locks in the name of
/// a thread id that it remembers for each thread, and a fork into a PID namespace leaves the first
/// thread with the id of another world: a second thread that waits for such a lock waits for ever.
int csandbox_run_on_new_thread(int (*body)(void));

/// In a throw-away user namespace, mapped as above with 0 for the caller and 1 for its first sub-id,
/// gives `directory` to uid and gid 1: root of the worker's namespace.
int csandbox_hand_over(int control, int directory, struct csandbox_failure *failure);

/// The binfmt_misc of this user namespace (Linux 6.7), mounted nowhere: whoever has the descriptor that is
/// returned, and nobody else, can register a program for a format of executables. Formats are forgotten when
/// it is closed. In the initial user namespace, whose formats are the host's, it fails with EPERM. Closed by
/// the caller.
int csandbox_open_formats(struct csandbox_failure *failure);

#define CSANDBOX_LENT "/dev/.lent"
#define CSANDBOX_LOANS 16

/// A file or directory that a command sees at a place of its tree, and that is not in the tree.
struct csandbox_loan {
  /// Relative to the working directory, or absolute on the host.
  const char *source;
  /// Absolute inside: a file that is there, or a name that is free below /dev. Links are not followed.
  const char *target;
  int is_writable;
};

/// One command in a tree.
struct csandbox_step {
  /// The tree, relative to the working directory, which must be its workspace.
  const char *root;
  /// When set: a directory relative to the working directory with `upper`, `work` and `merged` in it;
  /// the command sees an overlay of the tree and changes the overlay only.
  const char *overlay;
  /// Absolute paths inside the tree that appear as a program that does nothing and succeeds.
  const char *const *silenced;
  /// What it is lent, at most CSANDBOX_LOANS.
  const struct csandbox_loan *loans;
  int loan_count;
  char *const *arguments;
  char *const *environment;
  /// Where the command starts, inside the tree.
  const char *directory;
  /// Becomes stdin and the controlling terminal; -1 for an empty stdin and none.
  int terminal;
  /// Becomes stdout and stderr.
  int output;
  /// Becomes descriptor 3, or -1.
  int status;
};

/// Starts the command in PID and mount namespaces of its own, rooted in the tree by pivot_root(2),
/// without the capabilities that reach beyond it, with calls that wait for a disk answered at once.
/// Returns the PID of its init and sets `result` to a pipe that yields the command's wait status (an
/// int) when it ended; everything else in the namespace dies with it. On failure returns -1.
pid_t csandbox_start(const struct csandbox_step *step, int *result, struct csandbox_failure *failure);
