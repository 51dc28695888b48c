// What a recorder looks at of a thread that waits for it, and of files.
#include "csandbox_recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef AT_HANDLE_FID
#define AT_HANDLE_FID 0x200
#endif

int csandbox_read_memory(pid_t thread, uint64_t address, void *bytes, size_t count) {
  struct iovec here = {.iov_base = bytes, .iov_len = count};
  struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = count};
  ssize_t done = process_vm_readv(thread, &here, 1, &there, 1, 0);
  if (done == (ssize_t)count) return 0;
  if (done >= 0) errno = EFAULT;
  return -1;
}

int csandbox_write_memory(pid_t thread, uint64_t address, const void *bytes, size_t count) {
  struct iovec here = {.iov_base = (void *)bytes, .iov_len = count};
  struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = count};
  ssize_t done = process_vm_writev(thread, &here, 1, &there, 1, 0);
  if (done == (ssize_t)count) return 0;
  if (done >= 0) errno = EFAULT;
  return -1;
}

int csandbox_read_path(pid_t thread, uint64_t address, char *path, size_t capacity) {
  // A page at a time: the next one need not be there.
  const size_t page = 4096;
  for (size_t done = 0; done < capacity;) {
    size_t count = page - (size_t)((address + done) % page);
    if (count > capacity - done) count = capacity - done;
    if (csandbox_read_memory(thread, address + done, path + done, count) != 0) return -1;
    if (memchr(path + done, 0, count)) return 0;
    done += count;
  }
  errno = ENAMETOOLONG;
  return -1;
}

/// What overlayfs makes of a file of its layers: struct ovl_fh of the kernel's fs/overlayfs/overlayfs.h.
enum { OVERLAY = 0xf8, PADDING = 3, OVERLAY_HEAD = 21, OF_UPPER = 1 << 2 };

static void see_through_overlay(struct csandbox_handle *handle) {
  const unsigned char *head = handle->bytes + PADDING;
  if (handle->type != OVERLAY || handle->size < PADDING + OVERLAY_HEAD || head[3] & OF_UPPER) return;
  size_t length = head[2];
  if (length < OVERLAY_HEAD || PADDING + length > handle->size) return;
  handle->type = head[4];
  handle->size = (uint32_t)(length - OVERLAY_HEAD);
  memmove(handle->bytes, head + OVERLAY_HEAD, handle->size);
}

int csandbox_find_handle(int directory, const char *path, int flags, struct csandbox_handle *handle) {
  union {
    struct file_handle handle;
    unsigned char room[sizeof(struct file_handle) + sizeof handle->bytes];
  } found;
  int mount;
  found.handle.handle_bytes = sizeof handle->bytes;
  int result = name_to_handle_at(directory, path, &found.handle, &mount, flags);
  if (result != 0 && errno == EOPNOTSUPP) {
    // Overlayfs has handles that tell files apart, though it cannot open a file by one.
    found.handle.handle_bytes = sizeof handle->bytes;
    result = name_to_handle_at(directory, path, &found.handle, &mount, flags | AT_HANDLE_FID);
    if (result != 0 && errno == EINVAL) errno = EOPNOTSUPP;
  }
  if (result != 0) return -1;
  handle->type = found.handle.handle_type;
  handle->size = found.handle.handle_bytes;
  memcpy(handle->bytes, found.handle.f_handle, handle->size);
  see_through_overlay(handle);
  return 0;
}

int csandbox_read_mark(pid_t thread, uint64_t *mark) {
  struct rlimit limit;
  if (prlimit(thread, RLIMIT_LOCKS, NULL, &limit) != 0) return -1;
  *mark = limit.rlim_cur == limit.rlim_max ? UINT64_MAX : limit.rlim_cur;
  return 0;
}

int csandbox_set_mark(pid_t thread, uint64_t mark) {
  struct rlimit limit;
  if (prlimit(thread, RLIMIT_LOCKS, NULL, &limit) != 0) return -1;
  if (mark != UINT64_MAX && mark >= limit.rlim_max) {
    errno = ERANGE;
    return -1;
  }
  limit.rlim_cur = mark == UINT64_MAX ? limit.rlim_max : mark;
  return prlimit(thread, RLIMIT_LOCKS, &limit, NULL);
}

int csandbox_statx(int file, int flags, unsigned mask, uint32_t user, uint32_t group, void *answer) {
  struct statx *status = answer;
  if (statx(file, "", flags | AT_EMPTY_PATH, mask, status) != 0) return -1;
  status->stx_uid = user;
  status->stx_gid = group;
  return 0;
}

int csandbox_set_attribute(int proc, int file, const char *name, const void *value, size_t size, int flags) {
  char path[32];
  snprintf(path, sizeof path, "self/fd/%d", file);
  return fchdir(proc) == 0 ? setxattr(path, name, value, size, flags) : -1;
}

ssize_t csandbox_get_attribute(int proc, int file, const char *name, void *value, size_t room) {
  char path[32];
  snprintf(path, sizeof path, "self/fd/%d", file);
  return fchdir(proc) == 0 ? getxattr(path, name, value, room) : -1;
}
