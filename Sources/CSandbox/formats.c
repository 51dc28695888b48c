#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Inode number of the initial user namespace in nsfs: PROC_USER_INIT_INO of the kernel.
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDU

int csandbox_open_formats(struct csandbox_failure *failure) {
  struct stat namespace;
  if (stat("/proc/self/ns/user", &namespace) != 0)
    return csandbox_fail(failure, "examine the user namespace", NULL);
  if (namespace.st_ino == INITIAL_USER_NAMESPACE) {
    errno = EPERM;
    return csandbox_fail(failure, "register an emulator", "outside of a user namespace");
  }
  int context = (int)syscall(SYS_fsopen, "binfmt_misc", FSOPEN_CLOEXEC);
  int formats = -1;
  if (context >= 0 && syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
    formats = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (formats < 0) csandbox_fail(failure, "open a binfmt_misc", "of the user namespace");
  if (context >= 0) close(context);
  return formats;
}
