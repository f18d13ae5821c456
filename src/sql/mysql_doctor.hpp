#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/finding.hpp"
#include "base/settings.hpp"

namespace chatsync::sql {

/// A column of one of our tables that holds text.
struct TextColumn {
  std::string table;
  std::string column;
  std::string type;  ///< "varchar(64)"
  std::string character_set;
  std::string collation;
  bool nullable = false;
};

/// What a server says of itself and of our tables.
struct MySqlFacts {
  std::map<std::string, std::string, std::less<>> variables;  ///< Global ones, by name in lower case.
  std::size_t connections = 0;  ///< Open at the moment, the doctor's among them.
  std::string user;             ///< "name@host", as the server knows us.
  bool has_database = false;
  std::map<std::string, std::string> engines;  ///< Of the tables of ours that can be seen, by table.
  std::vector<TextColumn> columns;
  std::vector<std::string> forbidden;  ///< What the user may not do: "UPDATE on chat_messages".
};

/// Asks the server. Changes nothing: what it tries changes no row.
Result<MySqlFacts> read_mysql_facts(const Settings::MySql& server);

/// What of it can lose turns.
Diagnosis judge_mysql(const MySqlFacts& facts, const Settings& settings);

}  // namespace chatsync::sql
