// The agent's source, so that it can be compiled in the build root that also makes the kernel. This program
// never runs it.
#include "crunagent.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char source[] = {
#embed "agent/run-agent.c"
};

crunagent_text crunagent_source(void) { return (crunagent_text){source, sizeof source}; }
