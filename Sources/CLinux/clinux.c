#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <wchar.h>

_Static_assert(CLINUX_SEEK_DATA == SEEK_DATA && CLINUX_SEEK_HOLE == SEEK_HOLE, "as in unistd.h");

int clinux_openat2(int directory, const char *path, int flags, mode_t mode, uint64_t resolve) {
  struct open_how how = {
      .flags = (uint64_t)(flags | O_CLOEXEC),
      .mode = (flags & (O_CREAT | O_TMPFILE)) ? mode : 0,
      .resolve = resolve,
  };
  for (int attempt = 0;; attempt++) {
    long result = syscall(SYS_openat2, directory, path, &how, sizeof how);
    // EAGAIN: a rename raced with `..`; the kernel asks for a retry (openat2(2)).
    if (result >= 0 || errno != EAGAIN || attempt >= 128) return (int)result;
  }
}

int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int clinux_open_terminal(int *outer, int *inner) {
  char name[64];
  *outer = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*outer < 0) return -1;
  *inner = -1;
  if (grantpt(*outer) == 0 && unlockpt(*outer) == 0 && ptsname_r(*outer, name, sizeof name) == 0)
    *inner = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*inner >= 0) return 0;
  int code = errno;
  close(*outer);
  errno = code;
  return -1;
}

int clinux_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

int clinux_make_temporary(char *path) { return mkostemp(path, O_CLOEXEC); }

static int64_t copy_through_memory(int from, int64_t from_offset, int to, int64_t to_offset, int64_t count) {
  static const size_t step = 1 << 18;
  char buffer[1 << 18];
  int64_t done = 0;
  while (done < count) {
    size_t want = count - done < (int64_t)step ? (size_t)(count - done) : step;
    ssize_t got = pread(from, buffer, want, from_offset + done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    for (ssize_t put = 0; put < got;) {
      ssize_t n = pwrite(to, buffer + put, (size_t)(got - put), to_offset + done + put);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return -1;
      put += n;
    }
    done += got;
  }
  return done;
}

int64_t clinux_copy_range(int from, int64_t from_offset, int to, int64_t to_offset, int64_t count) {
  int64_t done = 0;
  while (done < count) {
    loff_t in = from_offset + done, out = to_offset + done;
    ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(count - done), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
      int64_t rest = copy_through_memory(from, from_offset + done, to, to_offset + done, count - done);
      return rest < 0 ? -1 : done + rest;
    }
    if (n < 0) return -1;
    if (n == 0) break;
    done += n;
  }
  return done;
}

int clinux_clone_file(int from, int to) { return ioctl(to, FICLONE, from); }

static int proc_path(char *buffer, size_t size, int directory, const char *name) {
  int n = snprintf(buffer, size, "/proc/self/fd/%d/%s", directory, name);
  if (n < 0 || (size_t)n >= size) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return 0;
}

ssize_t clinux_list_xattrs_at(int directory, const char *name, char *buffer, size_t size) {
  char path[512];
  if (proc_path(path, sizeof path, directory, name) < 0) return -1;
  return llistxattr(path, buffer, size);
}

ssize_t clinux_get_xattr_at(int directory, const char *name, const char *attribute, void *value, size_t size) {
  char path[512];
  if (proc_path(path, sizeof path, directory, name) < 0) return -1;
  return lgetxattr(path, attribute, value, size);
}

int clinux_set_xattr_at(int directory, const char *name, const char *attribute, const void *value, size_t size) {
  char path[512];
  if (proc_path(path, sizeof path, directory, name) < 0) return -1;
  return lsetxattr(path, attribute, value, size, 0);
}

unsigned int clinux_major(uint64_t device) { return major(device); }
unsigned int clinux_minor(uint64_t device) { return minor(device); }

ssize_t clinux_send_with_descriptor(int socket, const void *payload, size_t size, int descriptor) {
  struct iovec part = {.iov_base = (void *)payload, .iov_len = size};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (descriptor >= 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  }
  for (;;) {
    ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL);
    if (n >= 0 || errno != EINTR) return n;
  }
}

int clinux_columns(uint32_t character) { return wcwidth((wchar_t)character); }

ssize_t clinux_receive_with_descriptor(int socket, void *buffer, size_t size, int *descriptor) {
  struct iovec part = {.iov_base = buffer, .iov_len = size};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control = {0};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  *descriptor = -1;
  ssize_t n;
  do n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n < 0) return n;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      memcpy(descriptor, CMSG_DATA(header), sizeof(int));
  }
  return n;
}
