#pragma once

#include <atomic>
#include <cstdint>

namespace chatsync::sync {

/// Whether the cache's counts may be used as they are.
///
/// They may not while the store can be ahead of them: before the first look at the store, after the store
/// took turns in the cache's place, and when the cache comes back with another lineage (it may be older).
/// Then each request first brings its session up to the store, until the synchroniser has done so for all.
/// Lock-free; any thread.
class CacheTrust {
 public:
  bool trusts(std::uint64_t lineage) const noexcept {
    return trusted_.load(std::memory_order_acquire) && lineage_.load(std::memory_order_relaxed) == lineage;
  }

  void revoke() noexcept {
    epoch_.fetch_add(1);
    trusted_.store(false);
  }

  /// To be read before looking at what grant() will vouch for.
  std::uint64_t epoch() const noexcept { return epoch_.load(); }

  /// Trusts a cache of this lineage, unless trust was revoked since `epoch` was read.
  void grant(std::uint64_t lineage, std::uint64_t epoch) noexcept {
    lineage_.store(lineage);
    trusted_.store(true);
    if (epoch_.load() != epoch) trusted_.store(false);
  }

 private:
  std::atomic<bool> trusted_{false};
  std::atomic<std::uint64_t> lineage_{0};
  std::atomic<std::uint64_t> epoch_{0};
};

}  // namespace chatsync::sync
