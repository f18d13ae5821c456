# Script side of chatsync_embed: writes OUTPUT, a header with each of INPUTS as a string_view in NAMESPACE.
# A string literal, also one of several pieces, may hold at most 65,536 characters, and a piece less in some
# compilers; so a text is cut into pieces, and a long one is an array of its bytes.
set(text "#pragma once\n#include <string_view>\n\nnamespace ${NAMESPACE} {\n")
foreach(input ${INPUTS})
  get_filename_component(name ${input} NAME)
  string(REGEX REPLACE "[^A-Za-z0-9]" "_" name ${name})
  # A folder of numbered migrations gives names that begin with a digit, which no identifier may.
  # CMake matches "^" again after each replacement, so a REGEX REPLACE would prefix every digit.
  if(name MATCHES "^[0-9]")
    string(PREPEND name v)
  endif()
  file(READ ${input} content)
  string(LENGTH "${content}" length)
  if(length GREATER 60000)
    file(READ ${input} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
    string(APPEND text "inline constexpr char ${name}_bytes[] = {${bytes}};\n"
                       "inline constexpr std::string_view ${name}(${name}_bytes, sizeof ${name}_bytes);\n")
    continue()
  endif()
  string(APPEND text "inline constexpr std::string_view ${name} =")
  set(offset 0)
  while(offset LESS length OR offset EQUAL 0)
    string(SUBSTRING "${content}" ${offset} 8000 piece)
    string(APPEND text "\n    R\"embedded(${piece})embedded\"")
    math(EXPR offset "${offset} + 8000")
  endwhile()
  string(APPEND text ";\n")
endforeach()
string(APPEND text "}  // namespace ${NAMESPACE}\n")
file(WRITE ${OUTPUT} "${text}")
