// The shipped guest's own files.
#pragma once
#include <stddef.h>

typedef struct {
  /// Below the guest directory: "artifacts/banner.txt".
  const char *path;
  const unsigned char *bytes;
  size_t size;
} cguest_file;

size_t cguest_count(void);

/// Sorted by path.
cguest_file cguest_file_at(size_t index);
