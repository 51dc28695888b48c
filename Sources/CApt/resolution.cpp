#include "cache.hpp"

#include <list>

namespace {

/// Requests by release take what they depend on from that release where the candidates do not do.
void switch_candidates(capt_cache *cache) {
  auto &marks = cache->marks();
  for (auto const &[version, release] : cache->selected_by_release) marks.SetCandidateVersion(version);
  std::list<std::pair<pkgCache::VerIterator, pkgCache::VerIterator>> changed;
  for (auto const &[version, release] : cache->selected_by_release) {
    changed.emplace_back(version, pkgCache::VerIterator(marks));
    // A failure shows in what is broken afterwards.
    marks.SetCandidateRelease(version, release, changed);
  }
}

bool is_needed(pkgDepCache &marks, pkgCache::PkgIterator const &package) {
  for (auto relation = package.RevDependsList(); !relation.end(); ++relation) {
    if (relation.IsNegative() || !marks.IsImportantDep(relation)) continue;
    auto const version = relation.ParentVer();
    auto const owner = relation.ParentPkg();
    if (owner.CurrentVer() == version ? marks[owner].Keep()
                                      : marks[owner].CandidateVerIter(marks) == version &&
                                            (marks[owner].NewInstall() || marks[owner].Upgrade()))
      return true;
  }
  return false;
}

/// New packages that nothing needs after all are not installed. As in apt-get, some come back when
/// another package that stays turns out to need them.
void drop_garbage(pkgDepCache &marks) {
  marks.MarkAndSweep();
  std::vector<pkgCache::PkgIterator> dropped;
  for (auto package = marks.PkgBegin(); !package.end(); ++package)
    if (marks[package].Garbage && marks[package].Install() && package.CurrentVer().end()) {
      dropped.push_back(package);
      marks.MarkDelete(package, false, 0, false);
    }
  if (dropped.empty() || (marks.BrokenCount() == 0 && marks.PolicyBrokenCount() == 0)) return;

  bool changed = true;
  while (changed) {
    changed = false;
    for (auto dead = dropped.begin(); dead != dropped.end(); ++dead) {
      bool needed = is_needed(marks, *dead);
      auto const candidate = marks[*dead].CandidateVerIter(marks);
      for (auto provides = candidate.ProvidesList(); !needed && !provides.end(); ++provides)
        needed = is_needed(marks, provides.ParentPkg());
      if (!needed) continue;
      marks.MarkInstall(*dead, false, 0, false);
      dropped.erase(dead);
      changed = true;
      break;
    }
  }
}

bool changes_installed(pkgDepCache &marks, pkgCache::PkgIterator const &package) {
  if (package.CurrentVer().end()) return false;
  return marks[package].Delete() || marks[package].InstVerIter(marks) != package.CurrentVer();
}

/// What apt-get's ShowBroken prints behind "but"; it names the candidate where its version is wrong.
std::string reason_for(pkgDepCache &marks, pkgCache::DepIterator const &relation) {
  auto const target = relation.TargetPkg();
  std::string const name = target.FullName(true);
  auto const chosen = marks[target].InstVerIter(marks);
  if (!chosen.end()) return name + " " + chosen.VerStr() + " is to be installed";
  if (!target.ProvidesList().end()) return "";
  auto const candidate = marks[target].CandidateVerIter(marks);
  if (!candidate.end() && !relation.IsNegative() && !relation.IsSatisfied(candidate))
    return name + " " + candidate.VerStr() + " is the candidate";
  if (!candidate.end()) return name + " is not going to be installed";
  return name + " is not in any source";
}

std::string text_of(pkgCache::DepIterator const &relation) {
  std::string text = relation.TargetPkg().FullName(true);
  if (relation.TargetVer())
    text += std::string(" (") + pkgCache::CompTypeDeb(relation->CompareOp) + " " + relation.TargetVer() + ")";
  return text;
}

void visit_broken(
    pkgDepCache &marks, pkgCache::PkgIterator const &package, capt_visit_broken visit, void *context) {
  auto const version = marks[package].InstVerIter(marks);
  if (version.end()) return;
  for (auto relation = version.DependsList(); !relation.end();) {
    pkgCache::DepIterator start, end;
    relation.GlobOr(start, end);
    if (!marks.IsImportantDep(end)) continue;
    if ((marks[end] & pkgDepCache::DepGInstall) == pkgDepCache::DepGInstall) continue;
    std::string text, reason;
    for (auto alternative = start;; ++alternative) {
      text += (text.empty() ? "" : " | ") + text_of(alternative);
      auto const why = reason_for(marks, alternative);
      if (!why.empty()) reason += (reason.empty() ? "" : "; ") + why;
      if (alternative == end) break;
    }
    std::string const name = package.FullName(true);
    capt_broken const broken{
        name.c_str(), version.VerStr(), end.DepType(), text.c_str(), reason.c_str()};
    visit(context, &broken);
  }
}

}  // namespace

extern "C" bool capt_resolve(capt_cache *cache) {
  return capt::guarded(false, [&] {
    auto &marks = cache->marks();
    auto &resolver = *cache->resolver;
    // First all requests, then their dependencies: a later request may meet an earlier alternative.
    for (auto const &version : cache->requested) {
      auto const package = version.ParentPkg();
      marks.SetCandidateVersion(version);
      resolver.Clear(package);
      resolver.Protect(package);
      marks.MarkInstall(package, false);
    }
    switch_candidates(cache);
    for (auto const &version : cache->requested) marks.MarkInstall(version.ParentPkg(), true);
    if (_error->PendingError()) return false;

    bool const resolved = resolver.Resolve(true);
    if (!resolved || marks.BrokenCount() != 0) return false;
    drop_garbage(marks);
    if (marks.BrokenCount() != 0) return false;
    for (auto const &version : cache->requested)
      if (marks[version.ParentPkg()].InstVerIter(marks) != version) return false;
    for (auto package = marks.PkgBegin(); !package.end(); ++package)
      if (changes_installed(marks, package)) return false;
    return !_error->PendingError();
  });
}

extern "C" void capt_visit_broken_packages(capt_cache *cache, capt_visit_broken visit, void *context) {
  capt::guarded([&] {
    auto &marks = cache->marks();
    for (auto package = marks.PkgBegin(); !package.end(); ++package)
      if (marks[package].InstBroken()) visit_broken(marks, package, visit, context);
  });
}

extern "C" void capt_visit_changed(capt_cache *cache, capt_visit_name visit, void *context) {
  capt::guarded([&] {
    auto &marks = cache->marks();
    for (auto package = marks.PkgBegin(); !package.end(); ++package)
      if (changes_installed(marks, package)) visit(context, package.FullName(true).c_str());
  });
}
