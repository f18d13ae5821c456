// The one place where Beast is compiled (see cmake/dependencies.cmake).
#include <boost/beast/src.hpp>
