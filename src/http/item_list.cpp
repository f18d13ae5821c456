#include "http/item_list.hpp"

#include "http/json_text.hpp"

namespace chatsync::http {
namespace {

void append_id(std::string& out, std::string_view key, const VisibleItem* item) {
  if (item != nullptr) return append_text(out, key, item->id);
  out += key;
  out += "null";
}

}  // namespace

void append_item_list(std::string& out, std::span<const VisibleItem> items, bool has_more) {
  out += R"({"object":"list","data":[)";
  for (const VisibleItem& item : items) {
    if (&item != items.data()) out += ',';
    append_item(out, item);
  }
  out += ']';
  append_id(out, R"(,"first_id":)", items.empty() ? nullptr : &items.front());
  append_id(out, R"(,"last_id":)", items.empty() ? nullptr : &items.back());
  out += has_more ? R"(,"has_more":true})" : R"(,"has_more":false})";
}

}  // namespace chatsync::http
