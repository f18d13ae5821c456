#pragma once

#include <sys/types.h>

#include <cstdint>

namespace chatsync::bench {

/// What a process has taken of the machine so far.
struct ProcessUse {
  std::int64_t cpu_us = 0;        ///< User and system time of all its threads.
  std::int64_t waiting_us = 0;    ///< How long they had something to do and waited for a core.
  std::int64_t resident_kib = 0;  ///< What of its memory is in RAM.
};

/// What was taken from one look to a later one, and the memory of the later one.
ProcessUse use_between(const ProcessUse& before, const ProcessUse& after);

/// For how much of `seconds` a process was on a core or waited for one, in per cent of one thread's time.
double busy_percent(const ProcessUse& between, double seconds);

/// Zeros if there is no such process (any more).
ProcessUse process_use(pid_t process);

}  // namespace chatsync::bench
