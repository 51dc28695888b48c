#include "internal.h"
#include "csandbox_recorder.h"
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(CSANDBOX_AT_EMPTY_PATH == AT_EMPTY_PATH && (CSANDBOX_O_TMPFILE | O_DIRECTORY) == O_TMPFILE,
               "as in fcntl.h");

// Where an argument comes from that the call itself does not have.
enum { HERE = -1, NOTHING = -2, UNFOLLOWED = -3, ITSELF = -4, NEW = -5 };

static const struct trap {
  int number;
  enum csandbox_call call;
  /// For each argument, which of the call's own it is, or one of the above.
  signed char from[CSANDBOX_ARGUMENTS];
  /// BPF_JSET or BPF_JEQ where the call matters only if that holds between an argument and a value.
  unsigned short test;
  unsigned char tested;
  uint32_t value;
} traps[] = {
#define CREATES (O_CREAT | CSANDBOX_O_TMPFILE)
#ifdef SYS_chown
    {SYS_chown, CSANDBOX_CHOWN, {HERE, 0, 1, 2, NOTHING}},
    {SYS_lchown, CSANDBOX_CHOWN, {HERE, 0, 1, 2, UNFOLLOWED}},
    {SYS_stat, CSANDBOX_STAT, {HERE, 0, 1, NOTHING}},
    {SYS_lstat, CSANDBOX_STAT, {HERE, 0, 1, UNFOLLOWED}},
    {SYS_open, CSANDBOX_OPEN, {HERE, 0, 1, 2}, BPF_JSET, 1, CREATES},
    {SYS_creat, CSANDBOX_OPEN, {HERE, 0, NEW, 1}},
    {SYS_mkdir, CSANDBOX_MKDIR, {HERE, 0, 1}},
    {SYS_symlink, CSANDBOX_SYMLINK, {HERE, 1, 0}},
    {SYS_mknod, CSANDBOX_MKNOD, {HERE, 0, 1, 2}},
#endif
    {SYS_fchown, CSANDBOX_CHOWN, {0, NOTHING, 1, 2, ITSELF}},
    {SYS_fchownat, CSANDBOX_CHOWN, {0, 1, 2, 3, 4}},
    {SYS_fstat, CSANDBOX_STAT, {0, NOTHING, 1, ITSELF}},
    {SYS_newfstatat, CSANDBOX_STAT, {0, 1, 2, 3}},
    {SYS_statx, CSANDBOX_STATX, {0, 1, 2, 3, 4}},
    {SYS_openat, CSANDBOX_OPEN, {0, 1, 2, 3}, BPF_JSET, 2, CREATES},
    {SYS_openat2, CSANDBOX_OPEN_HOW, {0, 1, 2, 3}},
    {SYS_mkdirat, CSANDBOX_MKDIR, {0, 1, 2}},
    {SYS_symlinkat, CSANDBOX_SYMLINK, {1, 2, 0}},
    {SYS_mknodat, CSANDBOX_MKNOD, {0, 1, 2, 3}},
    {SYS_setxattr, CSANDBOX_SETXATTR, {HERE, 0, NOTHING, 1, 2, 3, 4}},
    {SYS_lsetxattr, CSANDBOX_SETXATTR, {HERE, 0, UNFOLLOWED, 1, 2, 3, 4}},
    {SYS_fsetxattr, CSANDBOX_SETXATTR, {0, NOTHING, ITSELF, 1, 2, 3, 4}},
    {SYS_getxattr, CSANDBOX_GETXATTR, {HERE, 0, NOTHING, 1, 2, 3}},
    {SYS_lgetxattr, CSANDBOX_GETXATTR, {HERE, 0, UNFOLLOWED, 1, 2, 3}},
    {SYS_fgetxattr, CSANDBOX_GETXATTR, {0, NOTHING, ITSELF, 1, 2, 3}},
    {SYS_execve, CSANDBOX_EXECUTE, {HERE, 0, NOTHING}},
    {SYS_execveat, CSANDBOX_EXECUTE, {0, 1, 4}},
    {SYS_getuid, CSANDBOX_GETUID},
    {SYS_geteuid, CSANDBOX_GETEUID},
    {SYS_getgid, CSANDBOX_GETGID},
    {SYS_getegid, CSANDBOX_GETEGID},
    {SYS_setuid, CSANDBOX_SETUID, {0}},
    {SYS_setgid, CSANDBOX_SETGID, {0}},
    {SYS_setreuid, CSANDBOX_SETREUID, {0, 1}},
    {SYS_setregid, CSANDBOX_SETREGID, {0, 1}},
    {SYS_setresuid, CSANDBOX_SETRESUID, {0, 1, 2}},
    {SYS_setresgid, CSANDBOX_SETRESGID, {0, 1, 2}},
    {SYS_setfsuid, CSANDBOX_SETFSUID, {0}},
    {SYS_setfsgid, CSANDBOX_SETFSGID, {0}},
    {SYS_getresuid, CSANDBOX_GETRESUID, {0, 1, 2}},
    {SYS_getresgid, CSANDBOX_GETRESGID, {0, 1, 2}},
    {SYS_getgroups, CSANDBOX_GETGROUPS, {0, 1}},
    {SYS_setgroups, CSANDBOX_SETGROUPS, {0, 1}},
    {SYS_capget, CSANDBOX_CAPGET, {0, 1}},
    {SYS_capset, CSANDBOX_CAPSET, {0, 1}},
    {SYS_prctl, CSANDBOX_KEEP_CAPABILITIES, {1}, BPF_JEQ, 0, PR_SET_KEEPCAPS},
};

// The same calls in another form, since Linux 6.13. Programs then use the older ones.
#define NUMBER_SETXATTRAT 463
#define NUMBER_GETXATTRAT 464

#define TRAPS (sizeof traps / sizeof *traps)
/// The beginning, what is unknown, a mark that nobody may change, five at most for each trap, the end.
#define INSTRUCTIONS (6 + 4 + 10 + 5 * TRAPS + 1)

static size_t assemble(struct sock_filter *filter) {
  size_t n = 0;
#define ADD(...) filter[n++] = (struct sock_filter)__VA_ARGS__
  ADD(LOAD(arch));
  ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0));
  ADD(ANSWER(UNKNOWN));
  ADD(LOAD(nr));
#if defined(__x86_64__)
  ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000 /* x32 */, 0, 1));
  ADD(ANSWER(UNKNOWN));
#endif
  ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NUMBER_SETXATTRAT, 0, 1));
  ADD(ANSWER(UNKNOWN));
  ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NUMBER_GETXATTRAT, 0, 1));
  ADD(ANSWER(UNKNOWN));
  ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setrlimit, 0, 4));
  ADD(LOAD(args[0]));
  ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RLIMIT_LOCKS, 0, 1));
  ADD(ANSWER(DONE));
  ADD(ANSWER(SECCOMP_RET_ALLOW));
  // With a new limit, which is an address and so not 0, in whichever half.
  ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 4));
  ADD(LOAD(args[1]));
  ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RLIMIT_LOCKS, 0, 1));
  ADD(ANSWER(DONE));
  ADD(ANSWER(SECCOMP_RET_ALLOW));
  for (size_t i = 0; i < TRAPS; i++) {
    if (!traps[i].test) {
      ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)traps[i].number, 0, 1));
      ADD(ANSWER(SECCOMP_RET_USER_NOTIF));
      continue;
    }
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)traps[i].number, 0, 4));
    ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(struct seccomp_data, args) + 8U * traps[i].tested)));
    ADD(BPF_JUMP(BPF_JMP | traps[i].test | BPF_K, traps[i].value, 0, 1));
    ADD(ANSWER(SECCOMP_RET_USER_NOTIF));
    ADD(ANSWER(SECCOMP_RET_ALLOW));
  }
  ADD(ANSWER(SECCOMP_RET_ALLOW));
#undef ADD
  return n;
}

int csandbox_install_recorder(struct csandbox_failure *failure) {
  struct sock_filter filter[INSTRUCTIONS];
  struct sock_fprog program = {.len = (unsigned short)assemble(filter), .filter = filter};
  int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                              SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
  return listener >= 0 ? listener : csandbox_fail(failure, "install the recorder", NULL);
}

int csandbox_receive(int listener, struct csandbox_trapped *call) {
  struct seccomp_notif_sizes sizes;
  union {
    struct seccomp_notif notification;
    unsigned char room[256];
  } received;
  if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) return -1;
  if (sizes.seccomp_notif > sizeof received) {
    errno = E2BIG;
    return -1;
  }
  memset(&received, 0, sizeof received);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &received) != 0) return errno == EINTR || errno == ENOENT ? 0 : -1;
  const struct seccomp_notif *notification = &received.notification;
  call->id = notification->id;
  call->thread = (pid_t)notification->pid;
  for (size_t i = 0; i < TRAPS; i++) {
    if (traps[i].number != notification->data.nr) continue;
    call->call = traps[i].call;
    for (int n = 0; n < CSANDBOX_ARGUMENTS; n++) {
      switch (traps[i].from[n]) {
        case HERE: call->arguments[n] = (uint64_t)AT_FDCWD; break;
        case NOTHING: call->arguments[n] = 0; break;
        case UNFOLLOWED: call->arguments[n] = AT_SYMLINK_NOFOLLOW; break;
        case ITSELF: call->arguments[n] = AT_EMPTY_PATH; break;
        case NEW: call->arguments[n] = O_CREAT | O_WRONLY | O_TRUNC; break;
        default: call->arguments[n] = notification->data.args[traps[i].from[n]];
      }
    }
    return 1;
  }
  errno = ENOSYS;
  return -1;
}

int csandbox_still_waits(int listener, uint64_t id) { return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0; }

static int reply(int listener, struct seccomp_notif_resp *response) {
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, response) == 0 || errno == ENOENT) return 0;
  return -1;
}

int csandbox_answer(int listener, uint64_t id, int64_t value, int error) {
  struct seccomp_notif_resp response = {.id = id, .val = error ? 0 : value, .error = -error};
  return reply(listener, &response);
}

int csandbox_pass(int listener, uint64_t id) {
  struct seccomp_notif_resp response = {.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  return reply(listener, &response);
}

int csandbox_answer_descriptor(int listener, uint64_t id, int descriptor, int closes_on_exec) {
  struct seccomp_notif_addfd added = {.id = id,
                                      .flags = SECCOMP_ADDFD_FLAG_SEND,
                                      .srcfd = (uint32_t)descriptor,
                                      .newfd_flags = closes_on_exec ? O_CLOEXEC : 0};
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &added) >= 0 ? 0 : -1;
}
