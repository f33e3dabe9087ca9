# Language, warnings, sanitizers, linker and compiler cache, for every target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Slipway is built with clang 19 (Debian: clang-19); GCC 12 miscompiles coroutine expressions. "
                      "Use a preset: cmake --preset release")
endif()

add_library(slipway_options INTERFACE)
target_compile_options(slipway_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers -Wno-c++26-extensions -Wno-c23-extensions
  -fno-omit-frame-pointer -fstack-protector-strong -D_GLIBCXX_ASSERTIONS)
# Asio would give a coroutine that lives as long as its connection the frame of a larger one that has just ended.
target_compile_definitions(slipway_options INTERFACE BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
if(SLIPWAY_WERROR)
  target_compile_options(slipway_options INTERFACE -Werror)
endif()
if(SLIPWAY_SANITIZE)
  # -O1 rather than -O0: coroutine frames without it are several times slower under ASan.
  target_compile_options(slipway_options INTERFACE -fsanitize=${SLIPWAY_SANITIZE} -fno-sanitize-recover=all -O1)
  target_link_options(slipway_options INTERFACE -fsanitize=${SLIPWAY_SANITIZE})
endif()
# With the preset dev, so that one build serves tests and fuzzers (CI): only what libFuzzer needs to see where it has been, which
# costs the tests little. The preset fuzz has all of fuzzer-no-link.
if(SLIPWAY_FUZZ AND NOT SLIPWAY_SANITIZE MATCHES "fuzzer")
  target_compile_options(slipway_options INTERFACE -fsanitize-coverage=inline-8bit-counters,pc-table)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(slipway_options INTERFACE -g1)
endif()
target_include_directories(slipway_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_link_options(slipway_options INTERFACE -fuse-ld=lld -Wl,--as-needed -Wl,--gc-sections)
target_compile_options(slipway_options INTERFACE -ffunction-sections -fdata-sections)
if(SLIPWAY_STATIC)
  target_link_options(slipway_options INTERFACE -static-libstdc++ -static-libgcc)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # The sloppiness is what ccache asks for with precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  target_compile_options(slipway_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
endif()
