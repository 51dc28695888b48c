#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// <linux/mount.h> clashes with <sys/mount.h> in glibc 2.36.
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef OPEN_TREE_CLOEXEC
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#endif

static int clone_mount(const char *path) {
  return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

static int enter_root(const struct csandbox_step *step, struct csandbox_failure *failure) {
  char path[256], options[1024];
  const char *root = step->root;
  if (step->overlay) {
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s/upper,workdir=%s/work,userxattr", step->root,
             step->overlay, step->overlay);
    snprintf(path, sizeof path, "%s/merged", step->overlay);
    root = path;
    if (mount("overlay", root, "overlay", 0, options) != 0)
      return csandbox_fail(failure, "mount an overlay of the tree", NULL);
  } else if (mount(root, root, NULL, MS_BIND | MS_REC, NULL) != 0) {
    return csandbox_fail(failure, "bind the tree", NULL);
  }
  if (chdir(root) != 0) return csandbox_fail(failure, "enter the tree", NULL);
  if (syscall(SYS_pivot_root, ".", ".") != 0) return csandbox_fail(failure, "make the tree the root", NULL);
  // pivot_root(2): with both arguments ".", the old root is stacked on the new one, and goes first.
  if (umount2(".", MNT_DETACH) != 0) return csandbox_fail(failure, "leave the host's root", NULL);
  if (chdir("/") != 0) return csandbox_fail(failure, "enter the new root", NULL);
  return 0;
}

static int silence(const char *const *paths, struct csandbox_failure *failure) {
  if (!paths || !*paths) return 0;
  static const char script[] = "#!/bin/sh\nexit 0\n";
  // Lives on the tmpfs at /dev, which is mounted noexec: so one more tmpfs.
  if (mkdir("/dev/.silent", 0755) != 0 || mount("tmpfs", "/dev/.silent", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=8k") != 0)
    return csandbox_fail(failure, "prepare a silent program", NULL);
  int file = open("/dev/.silent/program", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
  if (file < 0 || write(file, script, sizeof script - 1) != sizeof script - 1 || close(file) != 0)
    return csandbox_fail(failure, "write a silent program", NULL);
  for (; *paths; paths++) {
    struct stat there;
    if (stat(*paths, &there) != 0) continue;
    if (mount("/dev/.silent/program", *paths, NULL, MS_BIND, NULL) != 0)
      return csandbox_fail(failure, "silence", *paths);
  }
  return 0;
}

/// Clones the mounts of what is to be lent, while the host is in sight.
static int take_loans(const struct csandbox_step *step, int *loans, struct csandbox_failure *failure) {
  for (int i = 0; i < step->loan_count; i++) {
    loans[i] = clone_mount(step->loans[i].source);
    if (loans[i] < 0) return csandbox_fail(failure, "lend", step->loans[i].source);
  }
  return 0;
}

static int make_placeholder(int loan, const char *path, struct csandbox_failure *failure) {
  struct stat lent;
  if (fstat(loan, &lent) != 0) return csandbox_fail(failure, "examine", path);
  if (S_ISDIR(lent.st_mode)) return mkdir(path, 0755) == 0 ? 0 : csandbox_fail(failure, "create", path);
  int placeholder = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (placeholder < 0) return csandbox_fail(failure, "create", path);
  close(placeholder);
  return 0;
}

static int lend(const struct csandbox_step *step, const int *loans, struct csandbox_failure *failure) {
  for (int i = 0; i < step->loan_count; i++) {
    const struct csandbox_loan *loan = &step->loans[i];
    if (strncmp(loan->target, "/dev/", 5) == 0 && make_placeholder(loans[i], loan->target, failure) != 0) return -1;
    if (csandbox_mount_loan(loans[i], loan->target, loan->is_writable, failure) != 0) return -1;
  }
  return 0;
}

static int start_command(const struct csandbox_step *step, int failures, struct csandbox_failure *failure) {
  // Kept above the descriptors that are about to be replaced, and closed by a successful exec.
  int report = fcntl(failures, F_DUPFD_CLOEXEC, 10);
  int output = fcntl(step->output, F_DUPFD_CLOEXEC, 10);
  int status = step->status >= 0 ? fcntl(step->status, F_DUPFD_CLOEXEC, 10) : -1;
  int input = step->terminal >= 0 ? fcntl(step->terminal, F_DUPFD_CLOEXEC, 10)
                                  : open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (report < 0 || output < 0 || input < 0) return csandbox_fail(failure, "prepare descriptors", NULL);
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
    return csandbox_fail(failure, "set up stdin and stdout", NULL);
  unsigned int first = 3;
  if (status >= 0) {
    if (dup2(status, 3) < 0) return csandbox_fail(failure, "set up descriptor 3", NULL);
    first = 4;
  }
  if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
    return csandbox_fail(failure, "close descriptors", NULL);
  setsid();
  if (step->terminal >= 0 && ioctl(0, TIOCSCTTY, 0) != 0)
    return csandbox_fail(failure, "take the terminal", NULL);
  umask(022);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // In this order, so that no handler of the worker's runs here.
  // The kernel's own call: glibc's refuses its two internal signals, which a caller may have ignored.
  static const unsigned long long defaults[8];
  for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, defaults, NULL, 8);
  sigset_t empty;
  sigemptyset(&empty);
  sigprocmask(SIG_SETMASK, &empty, NULL);
  if (chdir(step->directory) != 0) return csandbox_fail(failure, "enter", step->directory);
  execve(step->arguments[0], step->arguments, step->environment);
  csandbox_fail(failure, "execute", step->arguments[0]);
  ssize_t ignored = write(report, failure, sizeof *failure);
  (void)ignored;
  _exit(127);
}

/// PID 1 of the step: reaps until the command ends, and takes everything down with it.
static void reap(pid_t command, int result) __attribute__((noreturn));

static void reap(pid_t command, int result) {
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, 0);
    if (ended < 0 && errno == EINTR) continue;
    if (ended == command || ended < 0) {
      ssize_t ignored = write(result, &status, sizeof status);
      (void)ignored;
      _exit(0);
    }
  }
}

static void run_init(const struct csandbox_step *step, int failures, int result) __attribute__((noreturn));

static void run_init(const struct csandbox_step *step, int failures, int result) {
  struct csandbox_failure failure;
  memset(&failure, 0, sizeof failure);
  int nodes[CSANDBOX_DEVICES], loans[CSANDBOX_LOANS];
  char path[32];
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
    csandbox_fail(&failure, "make the mounts private", NULL);
    goto failed;
  }
  for (int i = 0; i < CSANDBOX_DEVICES; i++) {
    snprintf(path, sizeof path, "/dev/%s", csandbox_device_names[i]);
    nodes[i] = clone_mount(path);
  }
  int proc = csandbox_open_proc();
  if (take_loans(step, loans, &failure) != 0) goto failed;
  if (enter_root(step, &failure) != 0 || csandbox_mount_system(nodes, proc, &failure) != 0 ||
      silence(step->silenced, &failure) != 0 || lend(step, loans, &failure) != 0 || csandbox_install_filter(&failure) != 0 ||
      csandbox_drop_capabilities(&failure) != 0)
    goto failed;
  // Not fork(3): it takes the allocator's locks, and a thread of the worker may have held one at the
  // moment of which this process is a copy.
  pid_t command = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (command < 0) {
    csandbox_fail(&failure, "fork", NULL);
    goto failed;
  }
  if (command == 0) {
    start_command(step, failures, &failure);
    goto failed;
  }
  // Nothing of the worker stays open here but the one pipe.
  if (dup2(result, 0) < 0) _exit(126);
  syscall(SYS_close_range, 1U, ~0U, 0U);
  reap(command, 0);
failed:;
  ssize_t ignored = write(failures, &failure, sizeof failure);
  (void)ignored;
  _exit(126);
}

pid_t csandbox_start(const struct csandbox_step *step, int *result, struct csandbox_failure *failure) {
  if (step->loan_count > CSANDBOX_LOANS) {
    errno = E2BIG;
    return csandbox_fail(failure, "lend so much to", step->arguments[0]);
  }
  int failures[2], results[2];
  if (pipe2(failures, O_CLOEXEC) != 0) return csandbox_fail(failure, "create a pipe", NULL);
  if (pipe2(results, O_CLOEXEC) != 0) {
    csandbox_fail(failure, "create a pipe", NULL);
    close(failures[0]);
    close(failures[1]);
    return -1;
  }
  // Like fork(2), with new namespaces: a copy of this process with one thread.
  pid_t init = (pid_t)syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
  if (init == 0) {
    close(failures[0]);
    close(results[0]);
    run_init(step, failures[1], results[1]);
  }
  if (init < 0) csandbox_fail(failure, "create namespaces for a step", NULL);
  close(failures[1]);
  close(results[1]);
  if (init > 0) {
    ssize_t n;
    do n = read(failures[0], failure, sizeof *failure);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
      while (waitpid(init, NULL, 0) < 0 && errno == EINTR) {
      }
      init = -1;
    }
  }
  close(failures[0]);
  if (init < 0) {
    close(results[0]);
    return -1;
  }
  *result = results[0];
  return init;
}
