#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "end_to_end/world.hpp"
#include "faults/patient_load.hpp"

namespace chatsync::test {

/// After draining: each acknowledged turn is stored once, as what was asked and under the number it was told;
/// nothing else is, but turns of unknown outcome; each session is numbered 1, 2, 3 … in the order of its time
/// stamps, and its count is the last number. No reply was wrong.
void expect_stored_as_acknowledged(const World& world, const PatientOutcome& outcome);

/// The server moves all that waits without being told to.
void expect_synced_without_help(const World& world, const PatientOutcome& outcome);

/// Asks one question. Fails the test unless it is answered 200. An empty session id asks for a new session.
AcknowledgedTurn ask(HttpClient& client, const std::string& session_id, const std::string& question);

/// How many lines of the server's log have `text` in them.
std::size_t lines_with(const ChatsyncProcess& server, std::string_view text);

/// The settings for a user of the store who has every right on the test's database and none on the server, as
/// users in production do: `root` may write to a read-only server and gets the connection kept for it.
Environment as_plain_user(World& world);

/// The error's code in a reply.
std::string error_code(const HttpResponse& response);

}  // namespace chatsync::test
