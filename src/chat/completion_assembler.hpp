#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "chat/answerer.hpp"

namespace chatsync {

/// Puts a streamed answer together from its chunks, tool calls included. No I/O. Of several choices it keeps
/// the first one.
class CompletionAssembler {
 public:
  /// What a chunk is for.
  enum class Chunk {
    part,   ///< Of the answer.
    usage,  ///< Token counts alone, as `stream_options.include_usage` asks for them.
  };

  /// Takes the data of one event. `model_failed` if it is no chunk, with the server's own words if it is the
  /// report of an error.
  Result<Chunk> add(std::string_view data);

  /// Whether the server has said why the answer ends: what comes after that is no part of it.
  bool finished() const { return !answer_.finish_reason.empty(); }

  /// The answer as far as it has come.
  Answer answer() const;

  /// Its text as far as it has come, which only grows; in whole characters. Valid until the next add().
  std::string_view text() const;

  /// Its tool calls as far as they have come, as a JSON array; empty: there are none.
  std::string tool_calls() const;
  /// How often tool_calls() has changed.
  std::size_t call_changes() const { return call_changes_; }

 private:
  Answer answer_;
  boost::json::object message_;
  std::size_t call_changes_ = 0;
};

}  // namespace chatsync
