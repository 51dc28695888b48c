#include "cext2fs.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char prefix[] = "fd:";

static int descriptor_of(io_channel channel) { return (int)(intptr_t)channel->private_data; }

// A negative count of the I/O manager's interface is a number of bytes, any other one of blocks.
static size_t byte_count(io_channel channel, int count) {
  return count < 0 ? (size_t)-(long)count : (size_t)count * (size_t)channel->block_size;
}

static errcode_t descriptor_close(io_channel channel) {
  EXT2_CHECK_MAGIC(channel, EXT2_ET_MAGIC_IO_CHANNEL);
  if (--channel->refcount > 0) return 0;
  free(channel->name);
  free(channel);
  return 0;
}

static errcode_t descriptor_open(const char *name, int flags, io_channel *result) {
  (void)flags;
  char *end;
  if (!name || strncmp(name, prefix, sizeof prefix - 1) != 0) return EXT2_ET_BAD_DEVICE_NAME;
  const char *digits = name + sizeof prefix - 1;
  errno = 0;
  long descriptor = strtol(digits, &end, 10);
  if (errno || end == digits || *end || descriptor < 0 || descriptor > INT32_MAX) return EXT2_ET_BAD_DEVICE_NAME;

  io_channel channel = calloc(1, sizeof *channel);
  if (!channel) return EXT2_ET_NO_MEMORY;
  channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  channel->manager = cext2fs_descriptor_io_manager();
  channel->name = strdup(name);
  channel->block_size = 1024;
  channel->refcount = 1;
  channel->private_data = (void *)(intptr_t)descriptor;
  if (!channel->name) {
    free(channel);
    return EXT2_ET_NO_MEMORY;
  }
  *result = channel;
  return 0;
}

static errcode_t descriptor_set_block_size(io_channel channel, int size) {
  channel->block_size = size;
  return 0;
}

static errcode_t read_at(io_channel channel, off_t offset, size_t count, char *data) {
  while (count > 0) {
    ssize_t n = pread(descriptor_of(channel), data, count, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return EXT2_ET_SHORT_READ;
    data += n, offset += n, count -= (size_t)n;
  }
  return 0;
}

static errcode_t write_at(io_channel channel, off_t offset, size_t count, const char *data) {
  while (count > 0) {
    ssize_t n = pwrite(descriptor_of(channel), data, count, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    data += n, offset += n, count -= (size_t)n;
  }
  return 0;
}

static errcode_t descriptor_read64(io_channel channel, unsigned long long block, int count, void *data) {
  return read_at(channel, (off_t)block * channel->block_size, byte_count(channel, count), data);
}

static errcode_t descriptor_write64(io_channel channel, unsigned long long block, int count, const void *data) {
  return write_at(channel, (off_t)block * channel->block_size, byte_count(channel, count), data);
}

static errcode_t descriptor_read(io_channel channel, unsigned long block, int count, void *data) {
  return descriptor_read64(channel, block, count, data);
}

static errcode_t descriptor_write(io_channel channel, unsigned long block, int count, const void *data) {
  return descriptor_write64(channel, block, count, data);
}

static errcode_t descriptor_write_bytes(io_channel channel, unsigned long offset, int count, const void *data) {
  return write_at(channel, (off_t)offset, (size_t)count, data);
}

static errcode_t descriptor_flush(io_channel channel) {
  (void)channel;
  return 0;
}

static struct struct_io_manager descriptor_manager = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "I/O manager on an open descriptor",
    .open = descriptor_open,
    .close = descriptor_close,
    .set_blksize = descriptor_set_block_size,
    .read_blk = descriptor_read,
    .write_blk = descriptor_write,
    .flush = descriptor_flush,
    .write_byte = descriptor_write_bytes,
    .read_blk64 = descriptor_read64,
    .write_blk64 = descriptor_write64,
};

io_manager cext2fs_descriptor_io_manager(void) { return &descriptor_manager; }

static pthread_once_t messages = PTHREAD_ONCE_INIT;

const char *cext2fs_message(errcode_t code) {
  pthread_once(&messages, initialize_ext2_error_table);
  return error_message(code);
}
