#pragma once

#include <fmt/format.h>

#include <exception>
#include <string_view>

namespace chatsync {

enum class LogLevel { debug, info, warning, error };

/// Sends lines of `level` and above to standard error, one line each with UTC time. Call before the first
/// log line; safe from any thread afterwards.
void start_logging(LogLevel level);

void log_line(LogLevel level, std::string_view line);

/// Logs an exception that left a coroutine or thread nobody awaits; `where` names it.
void log_escaped_exception(std::string_view where, const std::exception_ptr& failure);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace chatsync
