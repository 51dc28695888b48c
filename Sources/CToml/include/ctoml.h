// TOML documents read by toml++, flattened into one array that Swift walks. No exception leaves
// these functions, and no type of C++ appears here.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctoml_document ctoml_document;

/// Lines and columns count from 1, columns in Unicode scalars.
typedef struct {
  uint32_t line;
  uint32_t column;
} ctoml_position;

/// `size` bytes of UTF-8 that live as long as their document; not terminated.
typedef struct {
  const char *bytes;
  size_t size;
} ctoml_text;

/// `CTOML_DATE_TIME` covers dates, times, and both together.
typedef enum {
  CTOML_TABLE,
  CTOML_ARRAY,
  CTOML_STRING,
  CTOML_INTEGER,
  CTOML_FLOAT,
  CTOML_BOOLEAN,
  CTOML_DATE_TIME,
} ctoml_kind;

typedef struct {
  ctoml_kind kind;
  ctoml_position position;
  /// Of an entry of a table; without bytes for an array's elements and the root.
  ctoml_text key;
  ctoml_position key_position;
  /// Children of a table or array. They follow their parent in the order as written, each with its
  /// own children behind it.
  size_t children;
  /// A string's value, or a date-time in RFC 3339's form.
  ctoml_text text;
  int64_t integer;
  double floating;
  bool boolean;
} ctoml_node;

typedef struct {
  ctoml_position position;
  char message[512];
} ctoml_failure;

/// The document, to be freed with `ctoml_free`, or NULL with `failure` filled. Besides what TOML 1.0
/// forbids, a byte order mark is refused, and nesting that no configuration needs.
ctoml_document *ctoml_parse(const char *bytes, size_t size, ctoml_failure *failure);
void ctoml_free(ctoml_document *document);

/// All nodes; the first is the root table.
const ctoml_node *ctoml_nodes(const ctoml_document *document, size_t *count);

#ifdef __cplusplus
}
#endif
