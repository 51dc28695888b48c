#include "clinux_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

static int describe(posix_spawn_file_actions_t *actions, const int *descriptors, size_t count,
                    const char *directory) {
  // Through numbers above all that are named, so that no dup2 overwrites one still to be copied, and
  // none is a dup2 onto itself, which would keep close-on-exec.
  int base = (int)count;
  for (size_t i = 0; i < count; i++)
    if (descriptors[i] >= base) base = descriptors[i] + 1;
  int error = 0;
  for (size_t i = 0; i < count && !error; i++)
    error = posix_spawn_file_actions_adddup2(actions, descriptors[i], base + (int)i);
  for (size_t i = 0; i < count && !error; i++)
    error = posix_spawn_file_actions_adddup2(actions, base + (int)i, (int)i);
  if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, (int)count);
  if (!error) error = posix_spawn_file_actions_addchdir_np(actions, directory);
  return error;
}

int clinux_spawn(const char *path, char *const *arguments, char *const *environment, const int *descriptors,
                 size_t count, const char *directory, pid_t *process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  int error = describe(&actions, descriptors, count, directory);
  if (!error) error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int clinux_memory_file(const char *name, const void *bytes, size_t size) {
  int file = memfd_create(name, MFD_CLOEXEC);
  if (file < 0) return -1;
  for (size_t done = 0; done < size;) {
    ssize_t count = pwrite(file, (const char *)bytes + done, size - done, (off_t)done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      int error = errno;
      close(file);
      errno = error;
      return -1;
    }
    done += (size_t)count;
  }
  return file;
}
