#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "chat/completion_assembler.hpp"
#include "chat/model_server.hpp"
#include "service/recorded_turn.hpp"

namespace chatsync::service {

/// How the one who asks reads a streamed answer.
enum class Reading {
  chunks,  ///< As the model server sends it, by LiveAnswer::next(); without a turn it is not put together.
  text,    ///< Put together, by LiveAnswer::read(); its chunks are not kept.
};

/// The turn of an answer. Both are empty if none is recorded.
struct TurnName {
  std::string session_id;
  std::string turn_id;
};

/// Why an answer that was recorded as `incomplete` has no proper end.
inline Error answer_incomplete() {
  return {.kind = ErrorKind::model_failed,
          .message = "the answer broke off; what came of it is recorded",
          .code = "answer_incomplete"};
}

/// A streamed answer under way: what writes it goes on whether or not anybody reads. It can be read in two
/// ways: chunk by chunk, by one reader, for which a chunk is kept until it has read it; and by any number of
/// readers as what it has become so far, each from its own place on.
///
/// Used from one executor, but for read(), turn_name(), asked() and reading(), which any thread may call.
class LiveAnswer {
 public:
  LiveAnswer(boost::asio::any_io_executor executor, const Clock& clock, TurnName turn, Reading reading);

  const TurnName& turn_name() const { return turn_name_; }
  /// The turn as it was asked, with what is known of it before it is answered; empty if none is recorded.
  const Turn& asked() const { return asked_; }
  Reading reading() const { return reading_; }

  /// Whether its turn was recorded before it was asked for.
  bool replayed() const { return replayed_; }
  void set_replayed() { replayed_ = true; }

  // The reader of chunks.

  /// What it gets next.
  struct Step {
    enum class Kind {
      event,    ///< `data`, as the model server sent it.
      waiting,  ///< Nothing came until the deadline.
      whole,    ///< The answer is whole, and its turn, if it has one, is recorded.
      broken,   ///< It broke off; `failure` says why. What came of it is recorded, if a turn is.
    };
    Kind kind = Kind::waiting;
    std::string data;
    std::optional<Error> failure;
  };

  /// For one reader, one call at a time.
  boost::asio::awaitable<Step> next(SteadyTime deadline);

  /// Whether next() would return at once with more than that it waits.
  bool has_next() const { return !events_.empty() || ended_; }

  /// Whoever asked reads no more: chunks are not kept, and an answer that nobody records is given up.
  void leave();
  bool is_left() const { return left_; }

  // The readers of what it has become.

  /// Up to where somebody has read.
  struct Place {
    std::size_t text = 0;          ///< Bytes of the text; within a character, it is taken for its beginning.
    std::size_t call_changes = 0;  ///< As in CompletionAssembler.
  };
  struct Piece {
    std::string text;        ///< What there is of the text behind the place.
    std::string tool_calls;  ///< All of them so far, as a JSON array, if they have changed since; else empty.
    Place place;             ///< Behind this piece.
    bool ended = false;      ///< There is no more, and what is to be recorded is.
    /// At the end: the turn as it was recorded, also where the answer broke off and is `incomplete`.
    std::optional<RecordedTurn> turn;
    std::optional<Error> failure;  ///< At the end: why it is not whole or not recorded.
  };

  /// Waits until there is more than up to `place`, the answer has ended, or the deadline is over. Any thread.
  static boost::asio::awaitable<Piece> read(std::shared_ptr<LiveAnswer> answer, Place place,
                                            SteadyTime deadline);

  // The writer's side.

  /// Before anybody else has it.
  void set_asked(Turn asked) { asked_ = std::move(asked); }
  /// The stream that cancel() breaks off; null before it is there and when it is over.
  void set_source(AnswerStream* source);
  /// Takes the data of an event into the answer. Errors are those of CompletionAssembler::add().
  Result<CompletionAssembler::Chunk> assemble(std::string_view data);
  /// Keeps it for the reader of chunks.
  void push(std::string data);
  void end(std::optional<RecordedTurn> turn, std::optional<Error> failure);

  /// The answer put together so far.
  const CompletionAssembler& assembled() const { return assembler_; }

  /// Breaks the answer off.
  void cancel();

 private:
  boost::asio::awaitable<Piece> read_here(Place place, SteadyTime deadline);
  std::string_view text() const { return turn_ ? std::string_view(turn_->turn.answer) : assembler_.text(); }
  bool is_beyond(const Place& place) const;
  void ring();

  boost::asio::any_io_executor executor_;
  const Clock& clock_;
  const TurnName turn_name_;
  const Reading reading_;
  Turn asked_;
  std::unique_ptr<Alarm> changed_;  ///< For the reader of chunks.
  std::vector<Alarm*> readers_;     ///< For the others that wait.
  AnswerStream* source_ = nullptr;
  bool cancelled_ = false;
  std::deque<std::string> events_;
  CompletionAssembler assembler_;
  bool replayed_ = false;
  bool left_ = false;
  bool ended_ = false;
  std::optional<RecordedTurn> turn_;
  std::optional<Error> failure_;
};

}  // namespace chatsync::service
