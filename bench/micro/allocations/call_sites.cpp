// Stacks are remembered as addresses in a table of fixed size, since whoever is asked for memory may ask for
// none. Names are found afterwards: llvm-symbolizer knows the inlined functions too, of which coroutines and
// their allocators mostly consist. A site is then the innermost function of chatsync's own with the one that
// called it; what lies below is the means. Stacks that differ only further up are one site.
#include "micro/allocations/call_sites.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::bench {
namespace {

constexpr std::size_t kFrames = 40;
constexpr std::size_t kStacks = 8'192;

struct Stack {
  std::array<void*, kFrames> frames{};
  std::size_t depth = 0;  ///< 0: the place in the table is free.
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;

  std::span<void* const> used() const { return {frames.data(), depth}; }
};

std::array<Stack, kStacks> table;
std::atomic_flag table_in_use;

struct Frame {
  std::string function;
  std::string line;  ///< `service/chat_service.cpp:83` in sources of chatsync; empty elsewhere.
};

std::size_t first_place(std::span<void* const> frames) {
  std::size_t hash = 0;
  for (void* const frame : frames) hash = hash * 31 + reinterpret_cast<std::uintptr_t>(frame);
  return hash % kStacks;
}

void add_to_table(std::span<void* const> frames, std::size_t bytes) {
  for (std::size_t step = 0, place = first_place(frames); step < kStacks; ++step) {
    Stack& stack = table[(place + step) % kStacks];
    if (stack.depth == 0) {
      std::ranges::copy(frames, stack.frames.begin());
      stack.depth = frames.size();
    }
    if (!std::ranges::equal(stack.used(), frames)) continue;
    ++stack.allocations;
    stack.bytes += bytes;
    return;
  }
}

/// `chatsync::http::Connection::answer()` of a name with a whole signature.
std::string without_parameters(std::string_view name) {
  const std::size_t clone = name.find(" (.");
  if (clone != std::string_view::npos) name = name.substr(0, clone);
  int depth = 0;
  for (std::size_t i = name.size(); i-- > 0;) {
    if (name[i] == ')' || name[i] == '>') ++depth;
    if (name[i] == '(' || name[i] == '<') --depth;
    if (name[i] == '(' && depth == 0 && i > 0) return std::string(name.substr(0, i));
  }
  return std::string(name);
}

Frame frame_of(std::string_view function, std::string_view place) {
  Frame frame{.function = without_parameters(function), .line = {}};
  constexpr std::string_view kSources = SOURCES;
  if (place.starts_with(kSources)) {
    place.remove_prefix(kSources.size());
    frame.line = place.substr(0, place.rfind(':'));
  } else if (place.starts_with("??") && function.starts_with("chatsync::") &&
             !function.starts_with("chatsync::bench")) {
    frame.line = "line unknown";
  }
  return frame;
}

/// The functions at each address, inlined ones first, of a program with the given load address.
std::map<void*, std::vector<Frame>> symbolize(const std::vector<void*>& addresses, const Dl_info& program) {
  const test::TempDir directory;
  std::string input;
  for (void* const address : addresses) {
    // Minus one: a return address may lie in the next line already.
    input += fmt::format("{:#x}\n", static_cast<char*>(address) - static_cast<char*>(program.dli_fbase) - 1);
  }
  test::write_file(directory / "addresses", input);
  const test::CommandOutcome outcome =
      test::run_command({.program = "/usr/bin/llvm-symbolizer-19",
                         .arguments = {fmt::format("--obj={}", program.dli_fname), "--inlines"},
                         .standard_input = directory / "addresses"},
                        std::chrono::minutes(1));
  if (outcome.status != 0) throw std::runtime_error("llvm-symbolizer-19: " + outcome.standard_error);
  std::map<void*, std::vector<Frame>> names;
  std::string_view text = outcome.standard_output;
  const auto next_line = [&text] {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
  };
  for (void* const address : addresses) {
    for (std::string_view function = next_line(); !function.empty(); function = next_line()) {
      names[address].push_back(frame_of(function, next_line()));
    }
  }
  return names;
}

/// Names of every address in the table.
std::map<void*, std::vector<Frame>> names_of_table() {
  Dl_info program{};
  dladdr(reinterpret_cast<void*>(&remember_call_site), &program);
  std::vector<void*> own;
  std::map<void*, std::vector<Frame>> names;
  for (const Stack& stack : table) {
    for (void* const address : stack.used()) {
      Dl_info info{};
      if (dladdr(address, &info) != 0 && info.dli_fbase == program.dli_fbase) {
        own.push_back(address);
      } else if (info.dli_sname != nullptr) {
        names[address] = {{.function = info.dli_sname, .line = {}}};
      }
    }
  }
  std::ranges::sort(own);
  const auto again = std::ranges::unique(own);
  own.erase(again.begin(), again.end());
  names.merge(symbolize(own, program));
  return names;
}

CallSite site_of(const Stack& stack, const std::map<void*, std::vector<Frame>>& names) {
  CallSite site{.place = {}, .means = {}, .allocations = stack.allocations, .bytes = stack.bytes};
  int places = 0;
  for (void* const address : stack.used()) {
    const auto found = names.find(address);
    if (found == names.end()) continue;
    for (const Frame& frame : found->second) {
      if (frame.line.empty()) {
        if (places == 0) site.means = frame.function;
        continue;
      }
      if (places++ > 0) site.place += " < ";
      site.place += fmt::format("{} ({})", frame.function, frame.line);
      if (places == 3) return site;
    }
  }
  if (places == 0) site.place = "outside chatsync, or in a coroutine of which the build tells no lines";
  return site;
}

}  // namespace

void prepare_call_sites() {
  // The first backtrace loads a library.
  std::array<void*, kFrames> frames{};
  backtrace(frames.data(), kFrames);
}

void remember_call_site(std::size_t bytes) {
  std::array<void*, kFrames> frames{};
  const auto depth = static_cast<std::size_t>(backtrace(frames.data(), kFrames));
  while (table_in_use.test_and_set(std::memory_order_acquire)) {
  }
  add_to_table({frames.data(), depth}, bytes);
  table_in_use.clear(std::memory_order_release);
}

std::vector<CallSite> call_sites() {
  const auto names = names_of_table();
  std::map<std::pair<std::string, std::string>, CallSite> sites;
  for (const Stack& stack : table) {
    if (stack.depth == 0) continue;
    const CallSite one = site_of(stack, names);
    CallSite& site = sites.try_emplace({one.place, one.means}).first->second;
    site.place = one.place;
    site.means = one.means;
    site.allocations += one.allocations;
    site.bytes += one.bytes;
  }
  std::vector<CallSite> sorted;
  sorted.reserve(sites.size());
  for (auto& [key, site] : sites) sorted.push_back(std::move(site));
  std::ranges::sort(sorted, std::ranges::greater(), &CallSite::allocations);
  return sorted;
}

}  // namespace chatsync::bench
