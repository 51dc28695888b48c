// The agent of `capsem-native run`: starts one command in the guest's root and carries its streams, byte for
// byte, over the ports of a virtio-serial device.
//
// capsem-init starts it with the control port as descriptor 3 and the root's directory as its argument. It
// ends when the host has confirmed that it read everything; then capsem-init ends the machine.
//
// Control port, one line a message. From the host:
//   run SIZE, then SIZE bytes: the order, see `take_order`
//   eof COUNT                  standard input ends after COUNT bytes
//   signal NUMBER              for the command's process group
//   size ROWS COLUMNS          of its terminal
//   ack                        all output was read
// To the host:
//   ready                      waits for the order
//   fatal agent TEXT           nothing was started
//   execfail ERRNO             the command's program could not be executed
//   started
//   exit STATUS SIGNAL OUT ERR the command's end, and how many bytes it wrote
//
// Data ports carry bytes only, and stay open to the end: closing one loses what is under way. Hence the counts.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONTROL = 3, PIECE = 1 << 16, PIPE_SIZE = 1 << 20 };

// Milliseconds for which output is awaited that something left behind by the command keeps open.
enum { GRACE = 500 };

// --- Control --------------------------------------------------------------------------------------

static void write_all(int file, const void *bytes, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t count = write(file, (const char *)bytes + done, size - done);
    if (count < 0 && errno != EAGAIN && errno != EINTR) exit(1);  // The host is gone.
    if (count > 0) done += (size_t)count;
    else poll(&(struct pollfd){.fd = file, .events = POLLOUT}, 1, -1);
  }
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (size < 0) exit(1);
  write_all(CONTROL, line, (size_t)size < sizeof line ? (size_t)size : sizeof line - 1);
}

__attribute__((noreturn)) static void fail(const char *verb, const char *object) {
  say("fatal agent cannot %s %.200s: %s\n", verb, object, strerror(errno));
  exit(1);
}

// The next byte, waited for.
static char control_byte(void) {
  char byte;
  while (true) {
    ssize_t count = read(CONTROL, &byte, 1);
    if (count == 1) return byte;
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) exit(1);
    poll(&(struct pollfd){.fd = CONTROL, .events = POLLIN}, 1, -1);
  }
}

// A line without its end.
static const char *control_line(void) {
  static char line[128];
  size_t size = 0;
  for (char byte; (byte = control_byte()) != '\n';)
    if (size < sizeof line - 1) line[size++] = byte;
  line[size] = 0;
  return line;
}

// When memory runs out the command goes, and not the one who tells of it.
static void set_oom_score(const char *score) {
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, score, strlen(score)) < 0) fail("write", "/proc/self/oom_score_adj");
  close(file);
}

static int open_port(const char *wanted) {
  DIR *ports = opendir("/sys/class/virtio-ports");
  if (!ports) fail("read", "/sys/class/virtio-ports");
  for (struct dirent *entry; (entry = readdir(ports));) {
    char path[320], name[64] = "";
    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry->d_name);
    FILE *file = fopen(path, "re");
    if (!file) continue;
    if (fscanf(file, "%63s", name) != 1) name[0] = 0;
    fclose(file);
    if (strcmp(name, wanted) != 0) continue;
    snprintf(path, sizeof path, "/dev/%s", entry->d_name);
    int port = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (port < 0) fail("open", path);
    closedir(ports);
    return port;
  }
  errno = ENOENT;
  fail("find port", wanted);
}

// --- The order ------------------------------------------------------------------------------------

struct order {
  char **arguments;
  const char *directory;
  bool has_terminal;
  struct winsize size;
};

static void write_file(char *path, unsigned mode, const char *bytes, size_t size) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (mkdir(path, 0755) < 0 && errno != EEXIST) fail("create", path);
    *slash = '/';
  }
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) fail("create", path);
  while (size > 0) {
    ssize_t count = write(file, bytes, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("write", path);
    bytes += count;
    size -= (size_t)count;
  }
  if (fchmod(file, mode) < 0 || close(file) < 0) fail("write", path);
}

// Items that end with a zero byte, and begin with a letter that says what they are:
//   aARGUMENT  eNAME=VALUE  dDIRECTORY  hHOSTNAME  cSECONDS since 1970  tROWS COLUMNS, for a terminal
//   fMODE SIZE PATH, whose content of SIZE bytes follows
static struct order take_order(void) {
  size_t size = 0;
  const char *line = control_line();
  errno = EPROTO;
  if (sscanf(line, "run %zu", &size) != 1) fail("understand", line);
  char *bytes = malloc(size + 1);
  struct order order = {.arguments = calloc(size + 1, sizeof(char *)), .directory = "/"};
  if (!bytes || !order.arguments) fail("hold", "the order");
  for (size_t done = 0; done < size; done++) bytes[done] = control_byte();
  bytes[size] = 0;

  size_t count = 0;
  for (char *item = bytes; item < bytes + size;) {
    char *text = item + 1, *next = item + strlen(item) + 1;
    struct timespec time = {0};
    size_t content;
    unsigned mode;
    int path;
    switch (*item) {
      case 'a': order.arguments[count++] = text; break;
      case 'e': putenv(text); break;
      case 'd': order.directory = text; break;
      case 'h':
        if (sethostname(text, strlen(text)) < 0) fail("set the host name", text);
        break;
      case 'c':
        time.tv_sec = atoll(text);
        if (clock_settime(CLOCK_REALTIME, &time) < 0) fail("set", "the clock");
        break;
      case 't':
        order.has_terminal = sscanf(text, "%hu %hu", &order.size.ws_row, &order.size.ws_col) == 2;
        break;
      case 'f':
        errno = EPROTO;
        if (sscanf(text, "%o %zu %n", &mode, &content, &path) != 2 || next + content > bytes + size)
          fail("understand", text);
        write_file(text + path, mode, next, content);
        next += content;
        break;
      default: errno = EPROTO, fail("understand", item);
    }
    item = next;
  }
  errno = EPROTO;
  if (count == 0) fail("run", "nothing");
  return order;
}

// --- Streams --------------------------------------------------------------------------------------

// What is read from one descriptor and written to another; a descriptor that has ended is -1.
struct stream {
  int from, to;
  // Bytes read, and bytes written.
  uint64_t taken, given;
  // Of standard input: where it ends. Of output, once the command has ended: what it had written by then.
  uint64_t limit;
  size_t start, end;
  char bytes[PIECE];
};

static struct stream input = {.limit = UINT64_MAX}, output, errors;

static bool is_empty(const struct stream *stream) { return stream->start == stream->end; }

// What to wait for.
static struct pollfd wish(const struct stream *stream) {
  return is_empty(stream) ? (struct pollfd){.fd = stream->from, .events = POLLIN}
                          : (struct pollfd){.fd = stream->to, .events = POLLOUT};
}

static void end(int *file) {
  close(*file);
  *file = -1;
}

// One step, as far as it goes without waiting.
static void carry(struct stream *stream) {
  if (is_empty(stream)) {
    ssize_t count = read(stream->from, stream->bytes, PIECE);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // A terminal that nobody holds open any more answers EIO.
    if (count <= 0) return end(&stream->from);
    stream->taken += (uint64_t)count;
    stream->start = 0;
    stream->end = (size_t)count;
  }
  // Input that the command does not want is taken all the same, so that the host is never held up.
  size_t size = stream->end - stream->start;
  ssize_t count = stream->to < 0 ? (ssize_t)size : write(stream->to, stream->bytes + stream->start, size);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count < 0 && stream != &input) exit(1);  // The host is gone.
  if (count < 0) end(&stream->to);
  size_t done = count < 0 ? size : (size_t)count;
  stream->given += done;
  stream->start += done;
}

static void note_command_end(struct stream *stream) {
  int waiting = 0;
  stream->limit = stream->taken + (ioctl(stream->from, FIONREAD, &waiting) < 0 ? 0 : (uint64_t)waiting);
}

static bool is_finished(const struct stream *stream, bool is_late) {
  return is_empty(stream) && (stream->from < 0 || (is_late && stream->given >= stream->limit));
}

// --- The command ----------------------------------------------------------------------------------

__attribute__((noreturn)) static void execute(const struct order *order, const int files[3], int report) {
  setsid();
  for (int number = 0; number < 3; number++) dup2(files[number], number);
  if (order->has_terminal) ioctl(0, TIOCSCTTY, 0);
  set_oom_score("0");
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  // As login(1) does: without a home it is the root.
  if (chdir(order->directory) == 0 || chdir("/") == 0) execvp(order->arguments[0], order->arguments);
  write_all(report, &errno, sizeof errno);
  _exit(127);
}

// Starts the command and connects the streams; 0 or the errno of its execution.
static int start(const struct order *order, pid_t *process) {
  int inside[3], ours[3], report[2], code = 0;
  if (pipe2(report, O_CLOEXEC) < 0) fail("create", "a pipe");
  if (order->has_terminal) {
    int outer, inner;
    if (openpty(&outer, &inner, NULL, NULL, &order->size) < 0) fail("open", "a pseudo terminal");
    fcntl(inner, F_SETFD, FD_CLOEXEC);
    for (int number = 0; number < 3; number++) inside[number] = inner;
    ours[0] = outer;
    ours[1] = fcntl(outer, F_DUPFD_CLOEXEC, 0);
    ours[2] = -1;
    fcntl(outer, F_SETFD, FD_CLOEXEC);
  } else {
    for (int number = 0; number < 3; number++) {
      int ends[2];
      if (pipe2(ends, O_CLOEXEC) < 0) fail("create", "a pipe");
      inside[number] = ends[number == 0 ? 0 : 1];
      ours[number] = ends[number == 0 ? 1 : 0];
      fcntl(ours[number], F_SETPIPE_SZ, PIPE_SIZE);
    }
  }
  for (int number = 0; number < 3; number++)
    if (ours[number] >= 0) fcntl(ours[number], F_SETFL, O_NONBLOCK);

  *process = fork();
  if (*process < 0) fail("start", order->arguments[0]);
  if (*process == 0) execute(order, inside, report[1]);
  close(report[1]);
  for (int number = 0; number < (order->has_terminal ? 1 : 3); number++) close(inside[number]);
  input.to = ours[0];
  output.from = ours[1];
  errors.from = ours[2];
  // Nothing but end of file comes when the program runs.
  return read(report[0], &code, sizeof code) == sizeof code ? code : 0;
}

static void heed_control(pid_t process, const struct order *order) {
  const char *line = control_line();
  unsigned long long count;
  struct winsize size = {0};
  int number;
  if (sscanf(line, "eof %llu", &count) == 1) {
    input.limit = count;
  } else if (sscanf(line, "signal %d", &number) == 1) {
    kill(-process, number);
  } else if (sscanf(line, "size %hu %hu", &size.ws_row, &size.ws_col) == 2 && order->has_terminal) {
    ioctl(output.from, TIOCSWINSZ, &size);
  }
}

static void heed_end_of_input(const struct order *order) {
  if (input.to < 0 || input.given < input.limit) return;
  if (!order->has_terminal) return end(&input.to);
  // End of file, as a terminal says it.
  write_all(input.to, "\004", 1);
  input.limit = UINT64_MAX;
}

static long long milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

// Carries all streams until the command has ended and its output is written; its status of waitpid(2).
static int carry_all(pid_t process, const struct order *order, int children) {
  int status = 0;
  long long ended = 0;
  while (true) {
    bool is_late = ended && milliseconds() - ended > GRACE;
    if (ended && is_finished(&output, is_late) && is_finished(&errors, is_late)) return status;
    struct stream *streams[] = {&input, &output, &errors};
    struct pollfd polls[5];
    for (int index = 0; index < 3; index++) polls[index] = wish(streams[index]);
    polls[3] = (struct pollfd){.fd = CONTROL, .events = POLLIN};
    polls[4] = (struct pollfd){.fd = ended ? -1 : children, .events = POLLIN};
    if (poll(polls, 5, ended ? GRACE / 10 : -1) < 0) continue;
    for (int index = 0; index < 3; index++)
      if (polls[index].revents) carry(streams[index]);
    if (polls[3].revents) heed_control(process, order);
    heed_end_of_input(order);
    if (!polls[4].revents) continue;
    struct signalfd_siginfo information;
    if (read(children, &information, sizeof information) < 0) continue;
    if (waitpid(process, &status, WNOHANG) == process) {
      ended = milliseconds();
      note_command_end(&output);
      note_command_end(&errors);
    }
  }
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  signal(SIGPIPE, SIG_IGN);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, NULL);
  int children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
  fcntl(CONTROL, F_SETFL, O_RDWR | O_NONBLOCK);
  input.from = open_port("capsem.input");
  output.to = open_port("capsem.output");
  errors.to = open_port("capsem.error");
  set_oom_score("-1000");
  if (chroot(arguments[1]) < 0 || chdir("/") < 0) fail("enter", arguments[1]);

  say("ready\n");
  struct order order = take_order();
  pid_t process;
  int code = start(&order, &process);
  if (code) {
    say("execfail %d\n", code);
  } else {
    say("started\n");
    int status = carry_all(process, &order, children);
    say("exit %d %d %llu %llu\n", WIFEXITED(status) ? WEXITSTATUS(status) : 0,
        WIFSIGNALED(status) ? WTERMSIG(status) : 0, (unsigned long long)output.given,
        (unsigned long long)errors.given);
  }
  while (strcmp(control_line(), "ack") != 0) continue;
  return 0;
}
