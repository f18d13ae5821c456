// hiredis makes two allocations of each string in a reply, which costs more than reading it. Here a whole
// reply lies in one block, that of its outermost object, and in further ones that are chained to it where
// that is too small. Nothing in it is freed by itself, which hiredis does not ask for either. How large an
// array will be is not known when it begins: its elements are taken to be as large as those of the array
// before it.
#include "redis/reply_objects.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace chatsync::redis {
namespace {

constexpr std::size_t kLeastBlockBytes = 1024;
constexpr std::size_t kMostBlockBytes = 64UL * 1024;

/// What a reader knows of the outermost array that it read last, or is reading.
struct LastArray {
  std::size_t elements = 1;
  std::size_t bytes = 64;  ///< What its elements take, with all that is in them.
};

LastArray& last_array(const redisReadTask* task) { return *static_cast<LastArray*>(task->privdata); }

struct alignas(std::max_align_t) Block {
  Block* next;
};

/// The outermost object of a reply, with what is left of its blocks.
struct alignas(std::max_align_t) Root {
  redisReply reply;  ///< First, so that one's address is the other's.
  Block* blocks;
  std::byte* free;
  std::size_t left;
  std::size_t next_block_bytes;
};

std::size_t aligned(std::size_t bytes) {
  constexpr std::size_t kStep = alignof(std::max_align_t);
  return (bytes + kStep - 1) / kStep * kStep;
}

/// Room for the object of `task`, or for what it holds.
std::byte* allocate(const redisReadTask* task, Root& root, std::size_t bytes) {
  bytes = aligned(bytes);
  if (task->parent != nullptr) last_array(task).bytes += bytes;
  if (root.left < bytes) {
    const std::size_t capacity = std::max(bytes, root.next_block_bytes);
    void* const memory = std::malloc(sizeof(Block) + capacity);
    if (memory == nullptr) return nullptr;
    root.next_block_bytes = std::min(2 * root.next_block_bytes, kMostBlockBytes);
    root.blocks = new (memory) Block{root.blocks};
    root.free = static_cast<std::byte*>(memory) + sizeof(Block);
    root.left = capacity;
  }
  root.left -= bytes;
  return std::exchange(root.free, root.free + bytes);
}

/// An outermost object, with room for so many bytes of what is in it.
Root* make_root(int type, std::size_t room) {
  void* const memory = std::malloc(sizeof(Root) + room);
  if (memory == nullptr) return nullptr;
  return new (memory) Root{.reply = {.type = type},
                           .blocks = nullptr,
                           .free = static_cast<std::byte*>(memory) + sizeof(Root),
                           .left = room,
                           .next_block_bytes = kLeastBlockBytes};
}

struct Object {
  Root* root;
  redisReply* reply;  ///< nullptr if there is no memory.
};

Object make(const redisReadTask* task, std::size_t room_of_root) {
  if (task->parent == nullptr) {
    Root* const root = make_root(task->type, room_of_root);
    return {root, root == nullptr ? nullptr : &root->reply};
  }
  const redisReadTask* outermost = task->parent;
  while (outermost->parent != nullptr) outermost = outermost->parent;
  Root* const root = static_cast<Root*>(outermost->obj);
  std::byte* const memory = allocate(task, *root, sizeof(redisReply));
  if (memory == nullptr) return {root, nullptr};
  redisReply* const reply = new (memory) redisReply{.type = task->type};
  static_cast<redisReply*>(task->parent->obj)->element[task->idx] = reply;
  return {root, reply};
}

/// An object with `bytes` of its own, which `place` is told; nullptr if there is no memory.
template <class Place>
void* make_with(const redisReadTask* task, std::size_t bytes, std::size_t room_of_root, Place place) {
  const Object object = make(task, room_of_root);
  if (object.reply == nullptr) return nullptr;
  std::byte* const own = allocate(task, *object.root, bytes);
  if (own == nullptr) {
    if (task->parent == nullptr) std::free(object.root);
    return nullptr;
  }
  place(*object.reply, own);
  return object.reply;
}

/// What a server answers to each command of a transaction: of these one object is enough.
redisReply* queued() {
  static char text[] = "QUEUED";
  static redisReply reply{.type = REDIS_REPLY_STATUS, .len = sizeof text - 1, .str = text};
  return &reply;
}

void* create_string(const redisReadTask* task, char* text, std::size_t length) {
  const bool is_queued = task->parent == nullptr && task->type == REDIS_REPLY_STATUS &&
                         std::string_view(text, length) == std::string_view(queued()->str, queued()->len);
  if (is_queued) return queued();
  return make_with(task, length + 1, aligned(length + 1), [&](redisReply& reply, std::byte* own) {
    reply.str = reinterpret_cast<char*>(own);
    reply.len = length;
    std::memcpy(reply.str, text, length);
    reply.str[length] = '\0';
  });
}

void* create_array(const redisReadTask* task, int elements) {
  const auto count = static_cast<std::size_t>(elements);
  const std::size_t places = count * sizeof(redisReply*);
  std::size_t room = aligned(places);
  if (task->parent == nullptr && count > 0) {
    LastArray& last = last_array(task);
    const std::size_t element_bytes = last.bytes / last.elements * 5 / 4;  // Texts differ in length.
    room += aligned(std::min(count * element_bytes, kMostBlockBytes));
    last = {.elements = count, .bytes = 0};
  }
  return make_with(task, places, room, [&](redisReply& reply, std::byte* own) {
    reply.elements = count;
    reply.element = reinterpret_cast<redisReply**>(own);
    std::fill_n(reply.element, count, nullptr);
  });
}

void* create_integer(const redisReadTask* task, long long value) {
  redisReply* const reply = make(task, 0).reply;
  if (reply != nullptr) reply->integer = value;
  return reply;
}

void* create_nil(const redisReadTask* task) {
  redisReply* const reply = make(task, 0).reply;
  if (reply != nullptr) reply->type = REDIS_REPLY_NIL;  // The task's is that of what is not there.
  return reply;
}

}  // namespace

redisReader* make_reader() {
  static redisReplyObjectFunctions functions{.createString = create_string,
                                             .createArray = create_array,
                                             .createInteger = create_integer,
                                             .createNil = create_nil,
                                             .freeObject = free_reply};
  auto last = std::make_unique<LastArray>();
  redisReader* const reader = redisReaderCreateWithFunctions(&functions);
  if (reader != nullptr) reader->privdata = last.release();
  return reader;
}

void free_reader(redisReader* reader) {
  const std::unique_ptr<LastArray> last(static_cast<LastArray*>(reader->privdata));
  redisReaderFree(reader);
}

void free_reply(void* reply) {
  if (reply == nullptr || reply == queued()) return;
  Root* const root = static_cast<Root*>(reply);
  for (Block* block = root->blocks; block != nullptr;) std::free(std::exchange(block, block->next));
  std::free(root);
}

}  // namespace chatsync::redis
