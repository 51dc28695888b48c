// How the listener of a worker's calls comes to its keeper: over a socket pair, as SCM_RIGHTS of unix(7).
#include "internal.h"
#include "csandbox_recorder.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/// A message of one byte with room for one descriptor.
struct parcel {
  char byte;
  struct iovec part;
  _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
  struct msghdr message;
};

static void prepare(struct parcel *parcel) {
  memset(parcel, 0, sizeof *parcel);
  parcel->part = (struct iovec){.iov_base = &parcel->byte, .iov_len = 1};
  parcel->message = (struct msghdr){.msg_iov = &parcel->part,
                                    .msg_iovlen = 1,
                                    .msg_control = parcel->room,
                                    .msg_controllen = sizeof parcel->room};
}

int csandbox_hand_over_calls(int keeper, struct csandbox_failure *failure) {
  // Marks begin below the limit, whatever the caller has set.
  if (csandbox_set_mark(0, UINT64_MAX) != 0) return csandbox_fail(failure, "prepare the recorder", NULL);
  int listener = csandbox_install_recorder(failure);
  if (listener < 0) return -1;
  struct parcel parcel;
  prepare(&parcel);
  struct cmsghdr *header = CMSG_FIRSTHDR(&parcel.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof listener);
  memcpy(CMSG_DATA(header), &listener, sizeof listener);
  if (sendmsg(keeper, &parcel.message, MSG_NOSIGNAL) != 1)
    return csandbox_fail(failure, "hand over to the recorder", NULL);
  close(listener);
  close(keeper);
  return 0;
}

int csandbox_take_calls(int worker) {
  struct parcel parcel;
  prepare(&parcel);
  ssize_t n;
  do n = recvmsg(worker, &parcel.message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  struct cmsghdr *header = n == 1 ? CMSG_FIRSTHDR(&parcel.message) : NULL;
  if (!header || header->cmsg_type != SCM_RIGHTS) return -1;
  int listener;
  memcpy(&listener, CMSG_DATA(header), sizeof listener);
  return listener;
}
