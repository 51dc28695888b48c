#include "cache.hpp"

#include <apt-pkg/hashes.h>
#include <apt-pkg/packagemanager.h>
#include <apt-pkg/pkgrecords.h>

namespace {

/// Runs the library's ordering and writes down what dpkg would be told.
class Order : public pkgPackageManager {
 public:
  struct Step {
    capt_operation operation;
    pkgCache::PkgIterator package;
  };
  std::vector<Step> steps;

  explicit Order(pkgDepCache *marks) : pkgPackageManager(marks) {
    // A package without a file counts as one on another medium. The names are not looked at.
    for (size_t i = 0; i != marks->Head().PackageCount; ++i) FileNames[i] = "present";
  }

  bool run() { return OrderInstall() == Completed; }

 protected:
  bool Install(PkgIterator package, std::string) override {
    steps.push_back({CAPT_UNPACK, package});
    return true;
  }
  bool Configure(PkgIterator package) override {
    steps.push_back({CAPT_CONFIGURE, package});
    return true;
  }
  bool Remove(PkgIterator package, bool) override {
    return _error->Error("%s would be removed on the way", package.FullName(true).c_str());
  }
  void Reset() override { steps.clear(); }
};

std::vector<std::string> dependencies_of(pkgDepCache &marks, pkgCache::VerIterator const &version) {
  std::vector<std::string> names;
  for (auto relation = version.DependsList(); !relation.end(); ++relation) {
    if (relation->Type != pkgCache::Dep::Depends && relation->Type != pkgCache::Dep::PreDepends) continue;
    std::unique_ptr<pkgCache::Version *[]> targets(relation.AllTargets());
    for (auto target = targets.get(); *target; ++target) {
      pkgCache::VerIterator const met(marks, *target);
      if (marks[met.ParentPkg()].InstVerIter(marks) == met) names.push_back(met.ParentPkg().Name());
    }
  }
  return names;
}

bool visit_unpack(
    pkgDepCache &marks, pkgRecords &records, pkgCache::PkgIterator const &package, capt_visit_step visit,
    void *context) {
  auto const version = marks[package].InstVerIter(marks);
  auto const file = capt::source_of(version);
  if (file.end()) return _error->Error("%s is in no Packages file", package.FullName(true).c_str());
  auto &record = records.Lookup(file);
  auto const filename = record.FileName();
  auto const hashes = record.Hashes();
  auto const sha256 = hashes.find("SHA256");
  if (!sha256 || filename.empty())
    return _error->Error(
        "%s has no %s in %s", package.FullName(true).c_str(), sha256 ? "Filename" : "SHA256",
        file.File().FileName());
  auto const digest = sha256->HashValue();
  char const *start, *stop;
  record.GetRec(start, stop);
  auto const names = dependencies_of(marks, version);
  std::vector<char const *> dependencies;
  for (auto const &name : names) dependencies.push_back(name.c_str());

  capt_step step{};
  step.operation = CAPT_UNPACK;
  step.name = package.Name();
  step.version = version.VerStr();
  step.architecture = version.Arch();
  step.index = capt::index_name(file.File());
  step.filename = filename.c_str();
  step.sha256 = digest.c_str();
  step.paragraph = start;
  step.paragraph_length = static_cast<size_t>(stop - start);
  step.dependencies = dependencies.data();
  step.dependency_count = dependencies.size();
  step.size = version->Size;
  step.installed_size = version->InstalledSize;
  step.multi_arch_same = (version->MultiArch & pkgCache::Version::Same) == pkgCache::Version::Same;
  visit(context, &step);
  return true;
}

}  // namespace

extern "C" bool capt_visit_steps(capt_cache *cache, capt_visit_step visit, void *context) {
  return capt::guarded(false, [&] {
    auto &marks = cache->marks();
    Order order(&marks);
    if (!order.run()) return false;
    pkgRecords records(*cache->file.GetPkgCache());
    for (auto const &[operation, package] : order.steps) {
      if (operation == CAPT_UNPACK) {
        if (!visit_unpack(marks, records, package, visit, context)) return false;
      } else {
        capt_step step{};
        step.operation = CAPT_CONFIGURE;
        step.name = package.Name();
        visit(context, &step);
      }
    }
    return !_error->PendingError();
  });
}
