# chatsync_layer(name SOURCES ... USES layer-or-library ... PRIVATE_USES library ...)
# The static library chatsync_<name> of one folder under src/.
function(chatsync_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;USES;PRIVATE_USES" ${ARGN})
  add_library(chatsync_${name} STATIC ${LAYER_SOURCES})
  target_include_directories(chatsync_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(chatsync_${name} PUBLIC ${LAYER_USES} PRIVATE chatsync::options ${LAYER_PRIVATE_USES})
endfunction()

# chatsync_test(name LABEL unit|contract|integration|end-to-end SOURCES ... USES ...)
# A GoogleTest binary; each of its tests is a ctest test.
function(chatsync_test name)
  cmake_parse_arguments(TEST "" "LABEL" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${TEST_USES} chatsync::options GTest::gtest GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 DISCOVERY_MODE PRE_TEST
                       PROPERTIES LABELS ${TEST_LABEL} TIMEOUT 300)
endfunction()
