# Compiler settings that every target of the project shares, as the interface target chatsync::options.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

add_library(chatsync_options INTERFACE)
add_library(chatsync::options ALIAS chatsync_options)
target_compile_options(chatsync_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion -Wno-sign-conversion
  -Wno-missing-designated-field-initializers  # fields left out have defaults, which is what they are for
  -Werror)

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld-19)
endif()

set(CHATSYNC_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")
if(CHATSYNC_SANITIZE)
  add_compile_options(-fsanitize=${CHATSYNC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -O1 -g1)
  add_link_options(-fsanitize=${CHATSYNC_SANITIZE})
endif()
