#pragma once

#include <boost/json/object.hpp>
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

 private:
  Answer answer_;
  boost::json::object message_;
};

}  // namespace chatsync
