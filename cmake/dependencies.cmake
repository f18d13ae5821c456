# Every library comes from Debian's packages; scripts/packages.txt says why each is there.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(CURL REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(liburing REQUIRED IMPORTED_TARGET liburing)
pkg_check_modules(mariadb REQUIRED IMPORTED_TARGET libmariadb)

# Asio and Beast are compiled once, in src/base/asio_impl.cpp, instead of in every file that includes them.
add_library(chatsync_asio INTERFACE)
add_library(chatsync::asio ALIAS chatsync_asio)
target_compile_definitions(chatsync_asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                                                   BOOST_BEAST_SEPARATE_COMPILATION)
target_link_libraries(chatsync_asio INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
