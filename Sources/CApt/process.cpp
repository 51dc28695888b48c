#include "cache.hpp"

#include <apt-pkg/configuration.h>
#include <apt-pkg/debversion.h>
#include <apt-pkg/init.h>
#include <apt-pkg/pkgsystem.h>
#include <apt-pkg/strutl.h>

#include <cstdlib>
#include <cstring>

extern "C" bool capt_initialize(const capt_setting *settings, size_t count, const char *temporary) {
  static bool done = false;
  return capt::guarded(false, [&] {
    if (done) return _error->Error("libapt-pkg serves another root in this process");
    done = true;
    // Read by the library whatever its configuration says.
    unsetenv("APT_CONFIG");
    setenv("TMPDIR", temporary, 1);
    auto const set = [&](bool late) {
      for (size_t i = 0; i != count; ++i)
        if (settings[i].late == late) _config->Set(settings[i].name, settings[i].value);
    };
    set(false);
    if (!pkgInitConfig(*_config)) return false;
    set(true);
    return pkgInitSystem(*_config, _system) && !_error->PendingError();
  });
}

extern "C" const char *capt_next_problem(bool *is_error) {
  static thread_local std::string text;
  return capt::guarded(static_cast<const char *>(nullptr), [&]() -> const char * {
    if (_error->empty(GlobalError::DEBUG)) return nullptr;
    *is_error = _error->PopMessage(text);
    return text.c_str();
  });
}

extern "C" const char *capt_library_version(void) { return pkgVersion; }

extern "C" int capt_compare_versions(const char *a, const char *b) {
  return debVS.DoCmpVersion(a, a + strlen(a), b, b + strlen(b));
}

extern "C" char *capt_list_name(const char *uri) {
  return capt::guarded(
      static_cast<char *>(nullptr), [&] { return strdup(URItoFileName(uri).c_str()); });
}
