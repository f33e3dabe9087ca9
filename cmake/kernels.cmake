# Arithmetic once per instruction set, of which the program chooses when it runs. Always optimised: it works on memory that the callers
# (which keep their sanitizers) size, and a debug build of it would make every test wait.
set(kernels -O3 -fno-sanitize=all -fno-stack-protector)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  set(kernels_avx2 -mavx2 -mfma -mf16c)
  set(kernels_avx512 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mfma -mprefer-vector-width=512)
endif()
foreach(source model/encoder/kernels store/index/code_kernels)
  foreach(set portable avx2 avx512)
    set_source_files_properties(${PROJECT_SOURCE_DIR}/src/${source}_${set}.cpp PROPERTIES
      SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "${kernels};${kernels_${set}}")
  endforeach()
endforeach()
