#include "unit/embedded/power_cut_vfs.hpp"

#include <sqlite3.h>

#include <map>
#include <mutex>
#include <string>

namespace chatsync::test {
namespace {

constexpr auto kName = "power_cut";
constexpr auto kSuffix = ".synced";

// SQLite calls these through plain function pointers, so what they share is of the process.
struct Hooks {
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs vfs{};
  std::mutex mutex;
  // Guarded by mutex. Files of different kinds have different methods.
  std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods;
  struct Opened {
    const sqlite3_io_methods* real_methods = nullptr;
    std::string path;
  };
  std::map<sqlite3_file*, Opened> files;
};

Hooks& hooks() {
  static Hooks instance;
  return instance;
}

int sync_and_remember(sqlite3_file* file, int flags) {
  const std::scoped_lock lock(hooks().mutex);
  const Hooks::Opened& opened = hooks().files[file];
  const int code = opened.real_methods->xSync(file, flags);
  if (code != SQLITE_OK) return code;
  std::filesystem::copy_file(opened.path, opened.path + kSuffix,
                             std::filesystem::copy_options::overwrite_existing);
  return code;
}

int open_with_hooks(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = hooks().real->xOpen(hooks().real, name, file, flags, out_flags);
  if (code != SQLITE_OK || name == nullptr) return code;
  const std::scoped_lock lock(hooks().mutex);
  hooks().files[file] = {file->pMethods, name};
  sqlite3_io_methods& hooked = hooks().methods[file->pMethods];
  hooked = *file->pMethods;
  hooked.xSync = sync_and_remember;
  file->pMethods = &hooked;
  return code;
}

}  // namespace

PowerCutVfs::PowerCutVfs() {
  Hooks& shared = hooks();
  shared.real = sqlite3_vfs_find(nullptr);
  shared.vfs = *shared.real;
  shared.vfs.zName = kName;
  shared.vfs.pNext = nullptr;
  shared.vfs.xOpen = open_with_hooks;
  sqlite3_vfs_register(&shared.vfs, 1);
}

PowerCutVfs::~PowerCutVfs() {
  sqlite3_vfs_unregister(&hooks().vfs);
  sqlite3_vfs_register(hooks().real, 1);
}

void PowerCutVfs::cut(const std::filesystem::path& directory, const std::filesystem::path& target) {
  // The commit thread may be syncing: a cut comes before or after that, not in the middle of the copy.
  const std::scoped_lock lock(hooks().mutex);
  std::filesystem::create_directories(target);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::filesystem::path name = entry.path().stem();
    if (entry.path().extension() != kSuffix || !std::filesystem::exists(directory / name)) continue;
    std::filesystem::copy_file(entry.path(), target / name);
  }
}

}  // namespace chatsync::test
