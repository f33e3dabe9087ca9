# Outside libraries, all from Debian 12 packages (docs/dependencies.md says why each is here).
if(SLIPWAY_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a .so)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(ZLIB_USE_STATIC_LIBS ON)
  set(Boost_USE_STATIC_LIBS ON)
endif()
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 EXACT REQUIRED COMPONENTS json url)

function(slipway_library target header)
  find_path(${target}_INCLUDE ${header} REQUIRED)
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE ${${target}_INCLUDE})
  foreach(name ${ARGN})
    find_library(${target}_${name}_FILE ${name} REQUIRED)
    target_link_libraries(${target} INTERFACE ${${target}_${name}_FILE})
  endforeach()
endfunction()

slipway_library(fmt_header fmt/format.h)
slipway_library(sodium sodium.h sodium)
slipway_library(utf8proc utf8proc.h utf8proc)
slipway_library(stemmer libstemmer.h stemmer)
slipway_library(sqlite3 sqlite3.h sqlite3)
slipway_library(gumbo gumbo.h gumbo)
slipway_library(pugixml pugixml.hpp pugixml)
slipway_library(minizip minizip/unzip.h minizip)
slipway_library(yaml-cpp yaml-cpp/yaml.h yaml-cpp)
# The C++ build of Lua: its errors are exceptions, so destructors run when a script fails inside a C++ function.
slipway_library(lua lua5.4/lua.hpp lua5.4-c++)
slipway_library(nghttp2 nghttp2/nghttp2.h nghttp2)
slipway_library(cli11 CLI/CLI.hpp)
target_include_directories(lua SYSTEM INTERFACE ${lua_INCLUDE}/lua5.4)
target_link_libraries(minizip INTERFACE ZLIB::ZLIB)
target_link_libraries(sqlite3 INTERFACE ${CMAKE_DL_LIBS} m)
target_link_libraries(lua INTERFACE ${CMAKE_DL_LIBS} m)

# Asio and Beast are compiled once (src/base/asio.cpp, src/net/beast.cpp) instead of in every file that includes them.
add_library(slipway_asio INTERFACE)
add_library(slipway::asio ALIAS slipway_asio)
target_compile_definitions(slipway_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_CO_AWAIT
  BOOST_ASIO_DISABLE_BOOST_SOURCE_LOCATION)  # which each frame of a coroutine would hold
target_link_libraries(slipway_asio INTERFACE Boost::headers Threads::Threads)
