#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Not from <sys/mount.h>, which clashes with <linux/mount.h> in glibc 2.36.
extern int mount(const char *, const char *, const char *, unsigned long, const void *);

const char *const csandbox_device_names[CSANDBOX_DEVICES] = {"null", "zero", "full", "random", "urandom", "tty"};

static int make_directory(const char *path, mode_t mode) {
  return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -1;
}

static int move_mount_to(int tree, const char *target) {
  return (int)syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
}

/// What root of the host may write in /proc without any capability: kernel.core_pattern alone would
/// name a program for the host to run. A user namespace has no such root, real root has.
static int protect_proc(struct csandbox_failure *failure) {
  static const char *const paths[] = {"/proc/acpi", "/proc/asound", "/proc/bus",  "/proc/fs",  "/proc/irq",
                                      "/proc/mtrr", "/proc/scsi",   "/proc/sys", "/proc/sysrq-trigger", "/proc/tty"};
  struct mount_attr unwritable = {.attr_set = MOUNT_ATTR_RDONLY};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, paths[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0 && errno == ENOENT) continue;
    if (tree < 0 || syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &unwritable, sizeof unwritable) != 0 ||
        move_mount_to(tree, paths[i]) != 0)
      return csandbox_fail(failure, "protect", paths[i]);
    close(tree);
  }
  return 0;
}

int csandbox_open_proc(void) {
  int context = (int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);
  int proc = -1;
  if (context >= 0 && syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
    proc = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
                        MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  if (context >= 0) close(context);
  if (proc >= 0) return proc;
  // In a container with parts of /proc masked the kernel refuses a fresh one; the host's will do.
  return (int)syscall(SYS_open_tree, AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

int csandbox_mount_loan(int tree, const char *target, int is_writable, struct csandbox_failure *failure) {
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
  if (!is_writable) attributes.attr_set |= MOUNT_ATTR_RDONLY;
  if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0 ||
      move_mount_to(tree, target) != 0)
    return csandbox_fail(failure, "mount", target);
  close(tree);
  return 0;
}

static int mount_proc(int proc, struct csandbox_failure *failure) {
  if (make_directory("/proc", 0555) != 0) return csandbox_fail(failure, "create /proc", NULL);
  if (move_mount_to(proc, "/proc") != 0) return csandbox_fail(failure, "mount /proc", NULL);
  return 0;
}

static int mount_devices(const int *nodes, struct csandbox_failure *failure) {
  char path[32];
  if (make_directory("/dev", 0755) != 0) return csandbox_fail(failure, "create /dev", NULL);
  if (mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=1m") != 0)
    return csandbox_fail(failure, "mount /dev", NULL);
  for (int i = 0; i < CSANDBOX_DEVICES; i++) {
    if (nodes[i] < 0) continue;
    snprintf(path, sizeof path, "/dev/%s", csandbox_device_names[i]);
    int placeholder = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (placeholder < 0) return csandbox_fail(failure, "create", path);
    close(placeholder);
    if (move_mount_to(nodes[i], path) != 0) return csandbox_fail(failure, "mount", path);
  }
  static const struct {
    const char *target, *name;
  } links[] = {{"/proc/self/fd", "/dev/fd"},           {"/proc/self/fd/0", "/dev/stdin"},
               {"/proc/self/fd/1", "/dev/stdout"},     {"/proc/self/fd/2", "/dev/stderr"},
               {"pts/ptmx", "/dev/ptmx"}};
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (symlink(links[i].target, links[i].name) != 0) return csandbox_fail(failure, "create", links[i].name);
  if (mkdir("/dev/pts", 0755) != 0 || mkdir("/dev/shm", 01777) != 0)
    return csandbox_fail(failure, "create directories in /dev", NULL);
  // The group of terminals, tty, where the namespace has it.
  static const char *const options[] = {"newinstance,ptmxmode=0666,mode=620,gid=5", "newinstance,ptmxmode=0666,mode=620"};
  unsigned long flags = MS_NOSUID | MS_NOEXEC;
  if (mount("devpts", "/dev/pts", "devpts", flags, options[0]) != 0 &&
      (errno != EINVAL || mount("devpts", "/dev/pts", "devpts", flags, options[1]) != 0))
    return csandbox_fail(failure, "mount /dev/pts", NULL);
  if (mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") != 0)
    return csandbox_fail(failure, "mount /dev/shm", NULL);
  return 0;
}

int csandbox_mount_system(const int *nodes, int proc, struct csandbox_failure *failure) {
  if (mount_proc(proc, failure) != 0 || protect_proc(failure) != 0) return -1;
  if (mount_devices(nodes, failure) != 0) return -1;
  // Nothing of the host's devices concerns a package: an empty, unwritable /sys.
  if (make_directory("/sys", 0555) != 0) return csandbox_fail(failure, "create /sys", NULL);
  if (mount("tmpfs", "/sys", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "mode=0555,size=4k") != 0)
    return csandbox_fail(failure, "mount /sys", NULL);
  return 0;
}
