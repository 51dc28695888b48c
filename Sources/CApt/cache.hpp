#ifndef CAPT_CACHE_HPP
#define CAPT_CACHE_HPP

// SwiftPM defines DEBUG=1 for debug builds, and apt-pkg/error.h has an enumerator of that name.
#undef DEBUG

#include <apt-pkg/algorithms.h>
#include <apt-pkg/cachefile.h>
#include <apt-pkg/depcache.h>
#include <apt-pkg/error.h>
#include <apt-pkg/pkgcache.h>

#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capt.h"

struct capt_cache {
  pkgCacheFile file;
  /// What was asked for, in that order, each version once.
  std::vector<pkgCache::VerIterator> requested;
  /// What was asked for by release: these take their dependencies from there, too.
  std::vector<std::pair<pkgCache::VerIterator, std::string>> selected_by_release;
  std::unique_ptr<pkgProblemResolver> resolver;

  pkgDepCache &marks() { return *file.GetDepCache(); }
};

namespace capt {

/// The result of `body`, or `failed` with an entry in the library's own list of problems.
template <class Result, class Body>
Result guarded(Result failed, Body body) noexcept {
  try {
    return body();
  } catch (std::exception const &error) {
    _error->Error("%s", error.what());
  } catch (...) {
    _error->Error("an exception of unknown type");
  }
  return failed;
}

template <class Body>
void guarded(Body body) noexcept {
  guarded(false, [&] {
    body();
    return true;
  });
}

/// The Packages file of the first source that has this version; an end iterator when it is only in
/// the status file.
inline pkgCache::VerFileIterator source_of(pkgCache::VerIterator const &version) {
  auto file = version.FileList();
  while (!file.end() && file.File().Flagged(pkgCache::Flag::NotSource)) ++file;
  return file;
}

/// The name below lists/.
inline const char *index_name(pkgCache::PkgFileIterator const &index) {
  auto const path = index.FileName();
  if (!path) return "";
  auto const slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

}  // namespace capt

#endif
