#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "end_to_end/world.hpp"
#include "prove/observe.hpp"
#include "support/recorded_load.hpp"

namespace chatsync::test {

/// A load that leaves the machine room for a recovery, however long that takes.
RecordedLoadPlan gentle_load(std::vector<std::uint16_t> ports, std::vector<std::string> sessions);

/// Waits until so many more turns are acknowledged; fails the test if they are not.
void await_more(const RecordedLoad& load, std::size_t turns);

/// Asks one question. An empty session id asks for a new session.
Call ask(HttpClient& client, const std::string& session_id, const std::string& question);
/// The same; fails the test unless it is acknowledged.
Call ask_ok(HttpClient& client, const std::string& session_id, const std::string& question);

/// After draining: what is there, of all sessions, is what the clients were told.
void expect_as_told(World& world, const ChatsyncProcess& server, const std::vector<Call>& calls);

/// How many turns wait in Redis.
std::int64_t turns_in_redis(World& world);
/// The server moves all that waits without being told to; then everything is as the clients were told.
void expect_synced_without_help(World& world, const ChatsyncProcess& server, const std::vector<Call>& calls);

/// That no call failed and none has an unknown outcome.
void expect_all_acknowledged(const std::vector<Call>& calls);

/// How many lines of the server's log have `text` in them.
std::size_t lines_with(const ChatsyncProcess& server, std::string_view text);

/// The settings for a user of the store who has every right on the test's database and none on the server, as
/// users in production do: `root` may write to a read-only server and gets the connection kept for it.
Environment as_plain_user(World& world);

/// The error's code in a reply; empty if there is none.
std::string error_code(const HttpResponse& response);

}  // namespace chatsync::test
