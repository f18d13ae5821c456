#include "answer/echo_answerer.hpp"

namespace chatsync::answer {

AsyncResult<Answer> EchoAnswerer::answer(Question question) {
  co_return Answer{.text = "Echo: " + question.text, .model = "echo"};
}

}  // namespace chatsync::answer
