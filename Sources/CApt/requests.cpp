#include "cache.hpp"

#include <apt-pkg/cacheset.h>
#include <apt-pkg/versionmatch.h>

#include <algorithm>
#include <cstring>

namespace {

/// What is installed stays: an earlier resolution may have had reason to leave the candidate aside.
pkgCache::VerIterator version_of(capt_cache *cache, pkgCache::PkgIterator const &package) {
  auto const current = package.CurrentVer();
  return current.end() ? cache->marks()[package].CandidateVerIter(cache->marks()) : current;
}

/// The only package whose candidate provides `virtual_package`, or an end iterator: with a choice to
/// make, apt-get refuses to make it.
pkgCache::VerIterator only_provider(capt_cache *cache, pkgCache::PkgIterator const &virtual_package) {
  auto &marks = cache->marks();
  pkgCache::VerIterator only;
  for (auto provides = virtual_package.ProvidesList(); !provides.end(); ++provides) {
    auto const version = provides.OwnerVer();
    if (marks[version.ParentPkg()].CandidateVerIter(marks) != version) continue;
    if (!only.end() && only.ParentPkg()->Group != version.ParentPkg()->Group)
      return pkgCache::VerIterator(marks, nullptr);
    only = version;
  }
  return only.end() ? pkgCache::VerIterator(marks, nullptr) : only;
}

capt_lookup find(
    capt_cache *cache, const capt_request *request, pkgCache::VerIterator &found, bool &from_release) {
  auto &marks = cache->marks();
  from_release = false;
  auto const package = marks.FindPkg(std::string(request->name));
  if (package.end() || (package.VersionList().end() && package.ProvidesList().end()))
    return CAPT_NO_PACKAGE;
  if (package.VersionList().end()) {
    if (request->version || request->release) return CAPT_VIRTUAL;
    found = only_provider(cache, package);
    return found.end() ? CAPT_VIRTUAL : CAPT_FOUND;
  }
  if (request->version) {
    found = pkgVersionMatch(request->version, pkgVersionMatch::Version).Find(package);
    if (found.end()) return CAPT_NO_VERSION;
    // apt-get treats "5.2*" as a kind of release.
    from_release = strcmp(found.VerStr(), request->version) != 0;
    return CAPT_FOUND;
  }
  if (request->release) {
    found = pkgVersionMatch(request->release, pkgVersionMatch::Release).Find(package);
    from_release = true;
    return found.end() ? CAPT_NO_RELEASE : CAPT_FOUND;
  }
  found = version_of(cache, package);
  if (!found.end()) return CAPT_FOUND;
  found = only_provider(cache, package);
  return found.end() ? CAPT_NO_CANDIDATE : CAPT_FOUND;
}

void add(capt_cache *cache, pkgCache::VerIterator const &version) {
  auto &all = cache->requested;
  if (std::find(all.begin(), all.end(), version) == all.end()) all.push_back(version);
}

}  // namespace

extern "C" capt_lookup capt_request_package(capt_cache *cache, const capt_request *request) {
  return capt::guarded(CAPT_FAILED, [&] {
    pkgCache::VerIterator version;
    bool from_release;
    auto const outcome = find(cache, request, version, from_release);
    if (outcome != CAPT_FOUND) return outcome;
    add(cache, version);
    if (from_release)
      cache->selected_by_release.emplace_back(
          version, request->release ? request->release : request->version);
    return CAPT_FOUND;
  });
}

extern "C" capt_lookup capt_prefer(capt_cache *cache, const capt_request *request) {
  return capt::guarded(CAPT_FAILED, [&] {
    pkgCache::VerIterator version;
    bool from_release;
    auto const outcome = find(cache, request, version, from_release);
    if (outcome != CAPT_FOUND) return outcome;
    cache->marks().SetCandidateVersion(version);
    if (from_release)
      cache->selected_by_release.emplace_back(
          version, request->release ? request->release : request->version);
    return CAPT_FOUND;
  });
}

extern "C" long capt_request_matching(capt_cache *cache, const char *pattern) {
  return capt::guarded(-1L, [&] {
    APT::CacheSetHelper helper(false);
    APT::PackageSet packages;
    if (!helper.PackageFrom(APT::CacheSetHelper::PATTERN, &packages, cache->file, pattern)) return -1L;
    if (_error->PendingError()) return -1L;
    long count = 0;
    for (auto const &package : packages) {
      auto const version = version_of(cache, package);
      if (version.end()) continue;
      add(cache, version);
      ++count;
    }
    return count;
  });
}
