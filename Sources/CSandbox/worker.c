#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int csandbox_fail(struct csandbox_failure *failure, const char *what, const char *object) {
  failure->code = errno;
  snprintf(failure->what, sizeof failure->what, "%s%s%s", what, object ? " " : "", object ? object : "");
  return -1;
}

static int say(int control, char byte) { return send(control, &byte, 1, MSG_NOSIGNAL) == 1 ? 0 : -1; }

static int hear(int control, char expected) {
  char byte = 0;
  ssize_t n;
  do n = read(control, &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1 && byte == expected) return 0;
  if (n >= 0) errno = ECONNABORTED;
  return -1;
}

static int map_ids(int control, int grants_groups, struct csandbox_failure *failure) {
  if (unshare(CLONE_NEWUSER) != 0) return csandbox_fail(failure, "create a user namespace", NULL);
  if (say(control, 'U') != 0 || hear(control, 'M') != 0)
    return csandbox_fail(failure, "have the ids of the user namespace mapped", NULL);
  // With sub-ids the keeper's own uid is not mapped, so that scripts cannot touch the user's files: become
  // root of the namespace, which is the first sub-uid outside. With one id nobody may set groups (deny).
  if (setresgid(0, 0, 0) != 0 || (grants_groups && setgroups(0, NULL) != 0) || setresuid(0, 0, 0) != 0)
    return csandbox_fail(failure, "become root of the user namespace", NULL);
  return 0;
}

static int raise_loopback(void) {
  int socket_descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_descriptor < 0) return -1;
  struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
  strcpy(request.ifr_name, "lo");
  int result = ioctl(socket_descriptor, SIOCSIFFLAGS, &request);
  close(socket_descriptor);
  return result;
}

static int prepare(int control, struct csandbox_failure *failure) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return csandbox_fail(failure, "tie the worker to its keeper", NULL);
  // A change of uid makes a process undumpable, and its /proc/self/fd unreadable to itself.
  if (prctl(PR_SET_DUMPABLE, 1) != 0) return csandbox_fail(failure, "open /proc/self to the worker", NULL);
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
    return csandbox_fail(failure, "make the mounts private", NULL);
  if (raise_loopback() != 0) return csandbox_fail(failure, "raise the loopback interface", NULL);
  static const char name[] = "localhost";
  if (sethostname(name, sizeof name - 1) != 0) return csandbox_fail(failure, "set the host name", NULL);
  umask(022);
  return 0;
}

static void keep(pid_t worker, int lifetime, int workspace, int listener, const struct csandbox_recorder *recorder)
    __attribute__((noreturn));

static void keep(pid_t worker, int lifetime, int workspace, int listener, const struct csandbox_recorder *recorder) {
  int handle = (int)syscall(SYS_pidfd_open, worker, 0);
  // poll(2) passes over a negative descriptor, and the worker's end would never be seen.
  if (handle < 0) kill(worker, SIGKILL);
  struct pollfd watched[3] = {
      {.fd = handle, .events = POLLIN}, {.fd = lifetime, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
  while (handle >= 0) {
    int n = poll(watched, 3, -1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 || watched[1].revents) kill(worker, SIGKILL);
    if (n < 0 || watched[0].revents || watched[1].revents) break;
    struct csandbox_failure failure;
    if (watched[2].revents & POLLIN && recorder->answer(recorder->context, listener, &failure) != 0) {
      kill(worker, SIGKILL);
      send(lifetime, &failure, sizeof failure, MSG_NOSIGNAL);
      break;
    }
    // Nobody is left whose calls could come.
    if (watched[2].revents & ~POLLIN) watched[2].fd = -1;
  }
  int status = 0;
  while (waitpid(worker, &status, 0) < 0 && errno == EINTR) {
  }
  if (listener >= 0) recorder->finish(recorder->context, workspace);
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int csandbox_enter_worker(enum csandbox_tier tier, int control, int workspace, int lifetime,
                          const struct csandbox_recorder *recorder, struct csandbox_failure *failure) {
  // Out of the terminal's foreground group: an interrupt reaches the outer process alone, which closes
  // `lifetime`.
  setsid();
  if (tier != CSANDBOX_ROOT && map_ids(control, tier == CSANDBOX_MAPPED, failure) != 0) return -1;
  // Scripts see the same groups whoever started the build.
  if (tier == CSANDBOX_ROOT && (setresgid(0, 0, 0) != 0 || setgroups(0, NULL) != 0))
    return csandbox_fail(failure, "leave the caller's groups", NULL);
  // Before the mount namespace is copied, so that the working directory is a place in the copy.
  if (fchdir(workspace) != 0) return csandbox_fail(failure, "enter the workspace", NULL);
  if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWPID) != 0)
    return csandbox_fail(failure, "create mount, IPC, UTS, network and PID namespaces", NULL);
  int calls[2] = {-1, -1};
  if (tier == CSANDBOX_ONE_ID && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, calls) != 0)
    return csandbox_fail(failure, "create a socket pair", NULL);
  pid_t worker = fork();
  if (worker < 0) return csandbox_fail(failure, "fork the worker", NULL);
  if (worker > 0) {
    close(control);
    int listener = -1;
    if (tier == CSANDBOX_ONE_ID) {
      close(calls[1]);
      listener = csandbox_take_calls(calls[0]);
      close(calls[0]);
    }
    keep(worker, lifetime, workspace, listener, recorder);
  }
  close(lifetime);
  if (prepare(control, failure) != 0) return -1;
  if (tier == CSANDBOX_ONE_ID) {
    close(calls[0]);
    if (csandbox_hand_over_calls(calls[1], failure) != 0) return -1;
  }
  return say(control, 'R') == 0 ? 0 : csandbox_fail(failure, "report to the parent", NULL);
}

struct body {
  int (*run)(void);
  int result;
};

static void *run_body(void *argument) {
  struct body *body = argument;
  body->result = body->run();
  return NULL;
}

int csandbox_run_on_new_thread(int (*run)(void)) {
  struct body body = {.run = run, .result = 1};
  pthread_t thread;
  if (pthread_create(&thread, NULL, run_body, &body) != 0) return 1;
  pthread_join(thread, NULL);
  return body.result;
}

int csandbox_hand_over(int control, int directory, struct csandbox_failure *failure) {
  if (map_ids(control, 1, failure) != 0) return -1;
  if (fchown(directory, 1, 1) != 0) return csandbox_fail(failure, "give the workspace to the first sub-uid", NULL);
  return say(control, 'R') == 0 ? 0 : csandbox_fail(failure, "report to the parent", NULL);
}
