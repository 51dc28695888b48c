#pragma once
#include "csandbox.h"

/// Fills `failure` from errno and `what`, an optional object behind it; returns -1.
int csandbox_fail(struct csandbox_failure *failure, const char *what, const char *object);

/// Drops every capability that a maintainer script has no use for, from all sets.
int csandbox_drop_capabilities(struct csandbox_failure *failure);

/// Installs the system call filter. Needs CAP_SYS_ADMIN in the user namespace.
int csandbox_install_filter(struct csandbox_failure *failure);

/// Has the keeper at the other end of the socket answer this process's calls from now on. No copy of the
/// listener stays here: when the keeper ends, calls that wait fail.
int csandbox_hand_over_calls(int keeper, struct csandbox_failure *failure);

/// The listener that the worker at the other end hands over; -1 when it ended before.
int csandbox_take_calls(int worker);

/// A proc for this PID namespace that is mounted nowhere yet, or a clone of the host's. To be called while
/// the host's is in sight: in a user namespace the kernel makes no proc that would reveal more than one
/// that is there (mount_too_revealing).
int csandbox_open_proc(void);

/// Mounts `tree`, of open_tree(2), on `target`, and closes it.
int csandbox_mount_loan(int tree, const char *target, int is_writable, struct csandbox_failure *failure);

/// Mounts proc, dev and what belongs into them, in a root that has been entered. `nodes` are clones of
/// the host's device nodes in the order of `csandbox_device_names`; `proc` is from `csandbox_open_proc`.
int csandbox_mount_system(const int *nodes, int proc, struct csandbox_failure *failure);

#define CSANDBOX_DEVICES 6
extern const char *const csandbox_device_names[CSANDBOX_DEVICES];
