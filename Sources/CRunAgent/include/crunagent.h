// The source of the agent that `run` starts in a guest.
#pragma once
#include <stddef.h>

typedef struct {
  const unsigned char *bytes;
  size_t size;
} crunagent_text;

crunagent_text crunagent_source(void);
