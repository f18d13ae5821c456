// What clients do. Each goes on with its next call when the last one was answered or given up.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "simulation/scenario.hpp"

namespace chatsync::simulation {
namespace {

constexpr Micros kPatience = seconds(90);

}  // namespace

Node* Scenario::pick_node() {
  // A balancer does not know that a node is frozen.
  std::vector<Node*> open;
  for (const auto& node : nodes_) {
    if (node->running() || node->process.state == Process::State::frozen) open.push_back(node.get());
  }
  return open.empty() ? nullptr : world_.random.pick(open);
}

void Scenario::rest(Client& client) {
  const Micros idle = std::max<Micros>(idle_until_ - world_.now(), 0);
  world_.after(idle + world_.random.between(0, think_), [this, &client] { next_step(client); });
}

void Scenario::next_step(Client& client) {
  if (client.calls_left-- <= 0) {
    --busy_;
    return;
  }
  Node* const node = pick_node();
  if (node == nullptr) return rest(client);
  Random& random = world_.random;
  if (random.chance(strangers_)) write_as_stranger();
  if (random.chance(erases_)) return erase(client, *node);
  if (random.chance(0.04)) return create(client, *node);
  if (random.chance(0.05)) return sync(client, *node);
  if (random.chance(0.1)) return read(client, *node);
  ask(client, *node);
}

void Scenario::ask(Client& client, Node& node) {
  Random& random = world_.random;
  const std::string user_id = "u" + std::to_string(next_call_++);
  Call& call = ledger_.calls[user_id];
  call.user_id = user_id;
  call.invoked = world_.now();
  call.question = random.chance(0.3) ? "the same again" : "question of " + user_id;
  if (random.chance(poison_)) call.question += " with poison";
  call.wants_synced = random.chance(0.2);
  service::ChatRequest request{
      .user_id = user_id,
      .message = call.question,
      .durability = call.wants_synced ? service::Durability::synced : service::Durability::cached};
  if (client.own_session.empty() && random.chance(0.2)) {
    client.own_session = "-";  // Until it is known.
  } else {
    const bool own = client.own_session.size() > 1 && random.chance(0.3);
    call.session_id = own ? client.own_session : random.pick(sessions_);
    request.session_id = call.session_id;
  }
  world_.trace("{} asks {} in {}{}", user_id, node.process.name,
               call.session_id.empty() ? "a new session" : call.session_id,
               call.wants_synced ? ", to be synced" : "");
  boost::asio::co_spawn(
      node.process.io(), node.service.chat(std::move(request)),
      [this, &client, &node, user_id](const std::exception_ptr& escaped, Result<service::ChatReply> reply) {
        if (escaped) return ledger_.violate(user_id + " ended with an exception");
        if (node.running()) take_reply(client, user_id, std::move(reply));
      });
  world_.after(kPatience, [this, &client, user_id] {
    if (ledger_.calls[user_id].outcome != Outcome::open) return;
    take_reply(client, user_id, fail(ErrorKind::outcome_unknown, "simulated: the client gave up"));
  });
  node.process.wake();
}

void Scenario::take_reply(Client& client, const std::string& user_id, Result<service::ChatReply> reply) {
  Call& call = ledger_.calls[user_id];
  if (call.outcome != Outcome::open) return;
  call.ended = world_.now();
  if (reply) {
    call.outcome = Outcome::acknowledged;
    call.session_id = reply->session_id;
    call.turn_id = reply->turn_id;
    call.count = reply->question_count;
    call.timestamp_us = reply->created_at_us;
    call.provisional = reply->provisional_count;
    if (client.own_session == "-") {
      client.own_session = reply->session_id;
      sessions_.push_back(reply->session_id);
    }
    if (reply->durability == service::Durability::synced) ledger_.check_synced_reply(call);
    if (call.provisional) ++report_.appended;
  } else {
    call.error = reply.error().code;
    if (call.error == "recorded_not_synced") {
      call.outcome = Outcome::acknowledged;
    } else if (reply.error().kind == ErrorKind::outcome_unknown) {
      call.outcome = Outcome::unknown;
    } else {
      call.outcome = Outcome::failed;
    }
    if (client.own_session == "-") client.own_session.clear();
  }
  world_.trace("{} {} {}", user_id,
               reply ? fmt::format("is #{} of {} at {}{}", call.count, call.session_id, call.timestamp_us,
                                   call.provisional ? ", for the time being" : "")
                     : "is told: " + reply.error().message,
               call.error);
  rest(client);
}

void Scenario::read(Client& client, Node& node) {
  const std::string session_id = world_.random.pick(sessions_);
  const Micros invoked = world_.now();
  boost::asio::co_spawn(node.process.io(), node.service.messages(session_id, {.limit = 50}),
                        [this, &node, session_id, invoked](const std::exception_ptr& escaped,
                                                           Result<service::MessageList> list) {
                          if (escaped) return ledger_.violate("a reading ended with an exception");
                          if (node.running() && list && !list->partial && !list->has_more && cache_.up)
                            ledger_.check_read(session_id, invoked, list->turns);
                        });
  node.process.wake();
  rest(client);
}

void Scenario::sync(Client& client, Node& node) {
  const Micros invoked = world_.now();
  world_.trace("a barrier is asked of {}", node.process.name);
  boost::asio::co_spawn(node.process.io(), node.service.sync_now(),
                        [this, &node, invoked](const std::exception_ptr& escaped, sync::DrainReport report) {
                          if (escaped) return ledger_.violate("a barrier ended with an exception");
                          if (!node.running()) return;
                          world_.trace("the barrier of {} {}", node.process.name,
                                       report.failure ? "failed: " + report.failure->message : "is passed");
                          if (!report.failure) ledger_.check_barrier(invoked);
                        });
  node.process.wake();
  rest(client);
}

void Scenario::create(Client& client, Node& node) {
  const std::string session_id = "made" + std::to_string(next_call_++);
  boost::asio::co_spawn(
      node.process.io(), node.service.create_session({.session_id = session_id, .title = "a title"}),
      [this, &node, session_id](const std::exception_ptr& escaped, Result<Session> session) {
        if (escaped) return ledger_.violate("a creation ended with an exception");
        if (!node.running() || !session) return;
        sessions_.push_back(session_id);
        ledger_.created.insert(session_id);
      });
  node.process.wake();
  rest(client);
}

void Scenario::erase(Client& client, Node& node) {
  const std::string session_id = world_.random.pick(sessions_);
  ledger_.erasures[session_id].invoked = world_.now();
  world_.trace("{} is to erase {}", node.process.name, session_id);
  boost::asio::co_spawn(
      node.process.io(), node.service.erase_session(session_id),
      [this, &node, session_id](const std::exception_ptr& escaped, Result<std::size_t> erased) {
        if (escaped) return ledger_.violate("an erasure ended with an exception");
        if (!node.running()) return;
        world_.trace("{} {}", session_id, erased ? "is erased" : "is not erased: " + erased.error().message);
        auto& acknowledged = ledger_.erasures[session_id].acknowledged;
        if (erased && !acknowledged) acknowledged = world_.now();
      });
  node.process.wake();
  rest(client);
}

void Scenario::write_as_stranger() {
  if (!cache_.up) return;
  Random& random = world_.random;
  const std::string session_id = "strange" + std::to_string(random.between(0, 1));
  ledger_.sessions_of_strangers.insert(session_id);
  const Turn turn{.session_id = session_id,
                  .turn_id = "stranger-" + std::to_string(world_.now()),
                  .timestamp_us = 1'700'000'000'000'000 + world_.now(),
                  .user_id = "stranger" + std::to_string(next_call_++),
                  .question = "asked elsewhere",
                  .answer = "answered elsewhere"};
  cache_.write_as_stranger(turn, random.chance(0.2), random.chance(0.5));
}

}  // namespace chatsync::simulation
