#include "internal.h"
#include "filter.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// What maintainer scripts use: ownership, modes, users, file capabilities, chroot(8) and audit
// records of useradd. Not SYS_ADMIN (mounts), SYS_PTRACE, NET_ADMIN, MKNOD or anything else.
static const int kept[] = {
    CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,           CAP_FSETID,  CAP_KILL,
    CAP_SETGID, CAP_SETUID,       CAP_SETPCAP,         CAP_NET_BIND_SERVICE, CAP_SETFCAP, CAP_SYS_CHROOT,
    CAP_AUDIT_WRITE,
};

int csandbox_drop_capabilities(struct csandbox_failure *failure) {
  uint64_t mask = 0;
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) mask |= UINT64_C(1) << kept[i];
  for (int capability = 0; capability < 64; capability++) {
    if (mask & UINT64_C(1) << capability) continue;
    // EINVAL ends the capabilities that this kernel has.
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      if (errno == EINVAL) break;
      return csandbox_fail(failure, "drop a capability", NULL);
    }
  }
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  for (int i = 0; i < 2; i++) {
    uint32_t part = (uint32_t)(mask >> (32 * i));
    data[i].effective = data[i].permitted = part;
    data[i].inheritable = 0;
  }
  if (syscall(SYS_capset, &header, data) != 0) return csandbox_fail(failure, "drop capabilities", NULL);
  return 0;
}

int csandbox_install_filter(struct csandbox_failure *failure) {
  struct sock_filter filter[] = {
      // A foreign system call table (i386 on x86_64) would pass every comparison below.
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0),
      ANSWER(UNKNOWN),
      LOAD(nr),
#if defined(__x86_64__)
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000 /* x32 */, 0, 1),
      ANSWER(UNKNOWN),
#endif
      // The image is written from the page cache, and a tree whose build failed is thrown away:
      // waiting for the disk buys nothing. dpkg alone would wait more than a thousand times.
      WHEN(SYS_fsync, DONE),
      WHEN(SYS_fdatasync, DONE),
      WHEN(SYS_sync, DONE),
      WHEN(SYS_syncfs, DONE),
      WHEN(SYS_msync, DONE),
      WHEN(SYS_sync_file_range, DONE),
      // A nested user namespace would give back the capabilities that were dropped.
      WHEN(SYS_unshare, REFUSED),
      WHEN(SYS_setns, REFUSED),
      WHEN(SYS_clone3, UNKNOWN),
      // Kernel surface that no package needs.
      WHEN(SYS_bpf, REFUSED),
      WHEN(SYS_userfaultfd, REFUSED),
      WHEN(SYS_io_uring_setup, UNKNOWN),
      WHEN(SYS_add_key, REFUSED),
      WHEN(SYS_keyctl, REFUSED),
      WHEN(SYS_request_key, REFUSED),
      WHEN(SYS_perf_event_open, REFUSED),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
      LOAD(args[0]),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 0, 1),
      ANSWER(REFUSED),
      ANSWER(SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
    return csandbox_fail(failure, "install the system call filter", NULL);
  return 0;
}
