#include "cache.hpp"

#include <apt-pkg/policy.h>

#include <set>

extern "C" capt_cache *capt_open(const capt_priority *priorities, size_t count) {
  return capt::guarded(static_cast<capt_cache *>(nullptr), [&]() -> capt_cache * {
    auto cache = std::make_unique<capt_cache>();
    // Garbage is looked for once, after everything is marked, as apt-get does.
    cache->file.InhibitActionGroups(true);
    if (!cache->file.BuildCaches(nullptr, false) || !cache->file.BuildPolicy()) return nullptr;
    for (auto index = cache->file.GetPkgCache()->FileBegin(); !index.end(); ++index)
      for (size_t i = 0; i != count; ++i)
        if (strcmp(capt::index_name(index), priorities[i].index) == 0)
          cache->file.Policy->SetPriority(index, static_cast<signed short>(priorities[i].priority));
    if (!cache->file.BuildDepCache() || _error->PendingError()) return nullptr;
    cache->resolver = std::make_unique<pkgProblemResolver>(&cache->marks());
    return cache.release();
  });
}

extern "C" void capt_close(capt_cache *cache) {
  capt::guarded([&] { delete cache; });
}

extern "C" void capt_visit_indexes(capt_cache *cache, capt_visit_name visit, void *context) {
  capt::guarded([&] {
    for (auto index = cache->file.GetPkgCache()->FileBegin(); !index.end(); ++index)
      if (!index.Flagged(pkgCache::Flag::NotSource)) visit(context, capt::index_name(index));
  });
}

extern "C" void capt_visit_names(capt_cache *cache, capt_visit_name visit, void *context) {
  capt::guarded([&] {
    for (auto group = cache->marks().GrpBegin(); !group.end(); ++group) {
      auto const package = group.FindPkg("native");
      if (!package.end() && !package.VersionList().end()) visit(context, group.Name());
    }
  });
}

extern "C" void capt_visit_versions(
    capt_cache *cache, const char *name, capt_visit_version visit, void *context) {
  capt::guarded([&] {
    auto const package = cache->marks().FindPkg(std::string(name));
    if (package.end()) return;
    for (auto version = package.VersionList(); !version.end(); ++version)
      for (auto file = version.FileList(); !file.end(); ++file)
        if (!file.File().Flagged(pkgCache::Flag::NotSource))
          visit(context, version.VerStr(), capt::index_name(file.File()));
  });
}

extern "C" void capt_visit_providers(
    capt_cache *cache, const char *name, capt_visit_name visit, void *context) {
  capt::guarded([&] {
    auto const package = cache->marks().FindPkg(std::string(name));
    if (package.end()) return;
    std::set<std::string> names;
    for (auto provides = package.ProvidesList(); !provides.end(); ++provides) {
      auto const owner = provides.OwnerPkg();
      if (cache->marks()[owner].CandidateVerIter(cache->marks()) == provides.OwnerVer())
        names.insert(owner.Name());
    }
    for (auto const &provider : names) visit(context, provider.c_str());
  });
}
