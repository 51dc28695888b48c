// The shipped guest's own files, so that a program without its repository can write a guest. The compiler
// reads them where they lie, and compiles this file anew when one changes. A test compares the list with
// the directory: only what names and describes the shipped image is left out.
#include "cguest.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char artifacts_banner_txt[] = {
#embed "../../guest/artifacts/banner.txt"
};
static const unsigned char artifacts_capsem_bashrc[] = {
#embed "../../guest/artifacts/capsem-bashrc"
};
static const unsigned char artifacts_capsem_bench[] = {
#embed "../../guest/artifacts/capsem-bench"
};
static const unsigned char artifacts_capsem_doctor[] = {
#embed "../../guest/artifacts/capsem-doctor"
};
static const unsigned char artifacts_capsem_init[] = {
#embed "../../guest/artifacts/capsem-init"
};
static const unsigned char artifacts_capsem_bench_init_py[] = {
#embed "../../guest/artifacts/capsem_bench/__init__.py"
};
static const unsigned char artifacts_capsem_bench_main_py[] = {
#embed "../../guest/artifacts/capsem_bench/__main__.py"
};
static const unsigned char artifacts_capsem_bench_boot_py[] = {
#embed "../../guest/artifacts/capsem_bench/boot.py"
};
static const unsigned char artifacts_capsem_bench_cpu_py[] = {
#embed "../../guest/artifacts/capsem_bench/cpu.py"
};
static const unsigned char artifacts_capsem_bench_disk_py[] = {
#embed "../../guest/artifacts/capsem_bench/disk.py"
};
static const unsigned char artifacts_capsem_bench_measurement_py[] = {
#embed "../../guest/artifacts/capsem_bench/measurement.py"
};
static const unsigned char artifacts_capsem_bench_rootfs_py[] = {
#embed "../../guest/artifacts/capsem_bench/rootfs.py"
};
static const unsigned char artifacts_capsem_bench_startup_py[] = {
#embed "../../guest/artifacts/capsem_bench/startup.py"
};
static const unsigned char artifacts_diagnostics_conftest_py[] = {
#embed "../../guest/artifacts/diagnostics/conftest.py"
};
static const unsigned char artifacts_diagnostics_test_ai_clis_py[] = {
#embed "../../guest/artifacts/diagnostics/test_ai_clis.py"
};
static const unsigned char artifacts_diagnostics_test_environment_py[] = {
#embed "../../guest/artifacts/diagnostics/test_environment.py"
};
static const unsigned char artifacts_diagnostics_test_injection_py[] = {
#embed "../../guest/artifacts/diagnostics/test_injection.py"
};
static const unsigned char artifacts_diagnostics_test_lifecycle_py[] = {
#embed "../../guest/artifacts/diagnostics/test_lifecycle.py"
};
static const unsigned char artifacts_diagnostics_test_network_py[] = {
#embed "../../guest/artifacts/diagnostics/test_network.py"
};
static const unsigned char artifacts_diagnostics_test_python_py[] = {
#embed "../../guest/artifacts/diagnostics/test_python.py"
};
static const unsigned char artifacts_diagnostics_test_runtimes_py[] = {
#embed "../../guest/artifacts/diagnostics/test_runtimes.py"
};
static const unsigned char artifacts_diagnostics_test_sandbox_py[] = {
#embed "../../guest/artifacts/diagnostics/test_sandbox.py"
};
static const unsigned char artifacts_diagnostics_test_shell_py[] = {
#embed "../../guest/artifacts/diagnostics/test_shell.py"
};
static const unsigned char artifacts_diagnostics_test_snapshots_py[] = {
#embed "../../guest/artifacts/diagnostics/test_snapshots.py"
};
static const unsigned char artifacts_diagnostics_test_storage_py[] = {
#embed "../../guest/artifacts/diagnostics/test_storage.py"
};
static const unsigned char artifacts_diagnostics_test_utilities_py[] = {
#embed "../../guest/artifacts/diagnostics/test_utilities.py"
};
static const unsigned char artifacts_snapshots[] = {
#embed "../../guest/artifacts/snapshots"
};
static const unsigned char artifacts_tips_txt[] = {
#embed "../../guest/artifacts/tips.txt"
};
static const unsigned char config_ai_anthropic_toml[] = {
#embed "../../guest/config/ai/anthropic.toml"
};
static const unsigned char config_ai_google_toml[] = {
#embed "../../guest/config/ai/google.toml"
};
static const unsigned char config_ai_openai_toml[] = {
#embed "../../guest/config/ai/openai.toml"
};
static const unsigned char config_build_toml[] = {
#embed "../../guest/config/build.toml"
};
static const unsigned char config_kernel_defconfig_arm64[] = {
#embed "../../guest/config/kernel/defconfig.arm64"
};
static const unsigned char config_kernel_defconfig_x86_64[] = {
#embed "../../guest/config/kernel/defconfig.x86_64"
};
static const unsigned char config_mcp_capsem_toml[] = {
#embed "../../guest/config/mcp/capsem.toml"
};
static const unsigned char config_packages_apt_toml[] = {
#embed "../../guest/config/packages/apt.toml"
};
static const unsigned char config_packages_python_toml[] = {
#embed "../../guest/config/packages/python.toml"
};
static const unsigned char config_security_web_toml[] = {
#embed "../../guest/config/security/web.toml"
};
static const unsigned char config_vm_environment_toml[] = {
#embed "../../guest/config/vm/environment.toml"
};
static const unsigned char config_vm_resources_toml[] = {
#embed "../../guest/config/vm/resources.toml"
};

#define FILE(path, content) {path, content, sizeof content}

static const cguest_file files[] = {
  FILE("artifacts/banner.txt", artifacts_banner_txt),
  FILE("artifacts/capsem-bashrc", artifacts_capsem_bashrc),
  FILE("artifacts/capsem-bench", artifacts_capsem_bench),
  FILE("artifacts/capsem-doctor", artifacts_capsem_doctor),
  FILE("artifacts/capsem-init", artifacts_capsem_init),
  FILE("artifacts/capsem_bench/__init__.py", artifacts_capsem_bench_init_py),
  FILE("artifacts/capsem_bench/__main__.py", artifacts_capsem_bench_main_py),
  FILE("artifacts/capsem_bench/boot.py", artifacts_capsem_bench_boot_py),
  FILE("artifacts/capsem_bench/cpu.py", artifacts_capsem_bench_cpu_py),
  FILE("artifacts/capsem_bench/disk.py", artifacts_capsem_bench_disk_py),
  FILE("artifacts/capsem_bench/measurement.py", artifacts_capsem_bench_measurement_py),
  FILE("artifacts/capsem_bench/rootfs.py", artifacts_capsem_bench_rootfs_py),
  FILE("artifacts/capsem_bench/startup.py", artifacts_capsem_bench_startup_py),
  FILE("artifacts/diagnostics/conftest.py", artifacts_diagnostics_conftest_py),
  FILE("artifacts/diagnostics/test_ai_clis.py", artifacts_diagnostics_test_ai_clis_py),
  FILE("artifacts/diagnostics/test_environment.py", artifacts_diagnostics_test_environment_py),
  FILE("artifacts/diagnostics/test_injection.py", artifacts_diagnostics_test_injection_py),
  FILE("artifacts/diagnostics/test_lifecycle.py", artifacts_diagnostics_test_lifecycle_py),
  FILE("artifacts/diagnostics/test_network.py", artifacts_diagnostics_test_network_py),
  FILE("artifacts/diagnostics/test_python.py", artifacts_diagnostics_test_python_py),
  FILE("artifacts/diagnostics/test_runtimes.py", artifacts_diagnostics_test_runtimes_py),
  FILE("artifacts/diagnostics/test_sandbox.py", artifacts_diagnostics_test_sandbox_py),
  FILE("artifacts/diagnostics/test_shell.py", artifacts_diagnostics_test_shell_py),
  FILE("artifacts/diagnostics/test_snapshots.py", artifacts_diagnostics_test_snapshots_py),
  FILE("artifacts/diagnostics/test_storage.py", artifacts_diagnostics_test_storage_py),
  FILE("artifacts/diagnostics/test_utilities.py", artifacts_diagnostics_test_utilities_py),
  FILE("artifacts/snapshots", artifacts_snapshots),
  FILE("artifacts/tips.txt", artifacts_tips_txt),
  FILE("config/ai/anthropic.toml", config_ai_anthropic_toml),
  FILE("config/ai/google.toml", config_ai_google_toml),
  FILE("config/ai/openai.toml", config_ai_openai_toml),
  FILE("config/build.toml", config_build_toml),
  FILE("config/kernel/defconfig.arm64", config_kernel_defconfig_arm64),
  FILE("config/kernel/defconfig.x86_64", config_kernel_defconfig_x86_64),
  FILE("config/mcp/capsem.toml", config_mcp_capsem_toml),
  FILE("config/packages/apt.toml", config_packages_apt_toml),
  FILE("config/packages/python.toml", config_packages_python_toml),
  FILE("config/security/web.toml", config_security_web_toml),
  FILE("config/vm/environment.toml", config_vm_environment_toml),
  FILE("config/vm/resources.toml", config_vm_resources_toml),
};

size_t cguest_count(void) { return sizeof files / sizeof files[0]; }

cguest_file cguest_file_at(size_t index) { return files[index]; }
