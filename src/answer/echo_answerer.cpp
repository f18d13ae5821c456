#include "answer/echo_answerer.hpp"

namespace chatsync::answer {

AsyncResult<Answer> EchoAnswerer::answer(Question question) {
  constexpr std::string_view kBefore = "Echo: ";
  Answer answer{.model = "echo"};
  answer.text.reserve(kBefore.size() + question.text.size());
  answer.text += kBefore;
  answer.text += question.text;
  co_return answer;
}

}  // namespace chatsync::answer
