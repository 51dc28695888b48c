#ifndef CAPT_H
#define CAPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libapt-pkg as plain C. The library keeps its configuration, its packaging system and its problems in
   globals, so a process uses this door from one thread, for one private root, and then ends.

   No exception crosses. What fails returns false or NULL, and `capt_next_problem` says why. Strings
   that a visitor is handed are UTF-8, and good during the call only. */

#ifdef __cplusplus
extern "C" {
#endif

/* -- The process ------------------------------------------------------------------------------- */

typedef struct {
  const char *name;
  const char *value;
  /* After the library's defaults are in. They replace every empty value, so a setting that shall be
     empty comes after them, and one that shall not be read from the host comes before. */
  bool late;
} capt_setting;

/* Sets the library up once; a second call fails. Neither the host's apt.conf nor APT_CONFIG is read.
   `temporary` is the directory for what the library writes in between. */
bool capt_initialize(const capt_setting *settings, size_t count, const char *temporary);

/* The oldest problem that was not asked for yet, until the next call; NULL when there is none left. */
const char *capt_next_problem(bool *is_error);

/* "2.6.1" */
const char *capt_library_version(void);

/* Below, equal to or above 0, as Debian orders versions. Needs no set-up. */
int capt_compare_versions(const char *a, const char *b);

/* The file name under lists/ for what is fetched from `uri`; the caller frees it. */
char *capt_list_name(const char *uri);

/* -- A cache and its marks --------------------------------------------------------------------- */

typedef struct capt_cache capt_cache;

/* What replaces the pin priority of one Packages file. Here and below, `index` is such a file's name
   below lists/. */
typedef struct {
  const char *index;
  int priority;
} capt_priority;

capt_cache *capt_open(const capt_priority *priorities, size_t count);
void capt_close(capt_cache *cache);

typedef void (*capt_visit_name)(void *context, const char *name);
/* The Packages files that were read. The library skips in silence what it does not find. */
void capt_visit_indexes(capt_cache *cache, capt_visit_name visit, void *context);

/* Every package that has a version, of the native architecture, in the cache's order. */
void capt_visit_names(capt_cache *cache, capt_visit_name visit, void *context);

/* Every version of a package, newest first, once for each Packages file that has it. */
typedef void (*capt_visit_version)(void *context, const char *version, const char *index);
void capt_visit_versions(capt_cache *cache, const char *name, capt_visit_version visit, void *context);

/* The packages whose candidate provides a virtual package. */
void capt_visit_providers(capt_cache *cache, const char *name, capt_visit_name visit, void *context);

/* -- Requests ---------------------------------------------------------------------------------- */

typedef enum {
  CAPT_FOUND,
  CAPT_NO_PACKAGE,
  /* Nothing but provides: several packages do, or none. */
  CAPT_VIRTUAL,
  /* There are versions, and the priorities forbid all of them. */
  CAPT_NO_CANDIDATE,
  CAPT_NO_VERSION,
  CAPT_NO_RELEASE,
  CAPT_FAILED,
} capt_lookup;

/* Exactly this name; at most one of version and release, the other NULL. */
typedef struct {
  const char *name;
  const char *version;
  const char *release;
} capt_request;

/* Asks for the installation of a package, as `apt-get install` does with its arguments. */
capt_lookup capt_request_package(capt_cache *cache, const capt_request *request);

/* Makes the version of the request the candidate, and does not ask for the package. */
capt_lookup capt_prefer(capt_cache *cache, const capt_request *request);

/* Asks for all packages that match a pattern of apt-patterns(7), and says how many; -1 when it is
   not a pattern. */
long capt_request_matching(capt_cache *cache, const char *pattern);

/* Marks what was asked for and its dependencies. True when nothing is broken and nothing that is
   installed has to change. */
bool capt_resolve(capt_cache *cache);

/* After a failed resolution: one group of alternatives that is not met. */
typedef struct {
  const char *package;
  const char *version;
  /* "Depends", "Conflicts" */
  const char *kind;
  /* "libssl3 (>= 3.0.0) | libssl1.1" */
  const char *relation;
  /* "libssl3 1.1.1n-0 is the candidate" or another reason for each alternative, joined with "; ";
     may be empty. */
  const char *reason;
} capt_broken;
typedef void (*capt_visit_broken)(void *context, const capt_broken *broken);
void capt_visit_broken_packages(capt_cache *cache, capt_visit_broken visit, void *context);

/* What is installed already and would be removed or replaced. */
void capt_visit_changed(capt_cache *cache, capt_visit_name visit, void *context);

/* -- The solution ------------------------------------------------------------------------------ */

typedef enum { CAPT_UNPACK, CAPT_CONFIGURE } capt_operation;

typedef struct {
  capt_operation operation;
  const char *name;
  /* What follows is NULL and 0 for CAPT_CONFIGURE. */
  const char *version;
  const char *architecture;
  /* The Packages file it was found in: the first in the order of the sources. */
  const char *index;
  const char *filename;
  const char *sha256;
  /* Its paragraph in that file. */
  const char *paragraph;
  size_t paragraph_length;
  /* Names of the chosen packages that meet Depends and Pre-Depends, in the order of these fields;
     repeated where two relations name one package. */
  const char *const *dependencies;
  size_t dependency_count;
  uint64_t size;
  /* In bytes. */
  uint64_t installed_size;
  bool multi_arch_same;
} capt_step;
typedef void (*capt_visit_step)(void *context, const capt_step *step);

/* The steps in the library's order; configuring is a step only where the order demands it. */
bool capt_visit_steps(capt_cache *cache, capt_visit_step visit, void *context);

#ifdef __cplusplus
}
#endif

#endif
