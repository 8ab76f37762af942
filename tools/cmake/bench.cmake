# The benchmark, and the file of bare libpq that it is measured against. It uses the shared
# library as its users do; tools/covet-bench builds and runs it.

add_executable(covet_bench EXCLUDE_FROM_ALL
  tools/bench/bench.c tools/bench/bare.c tools/bench/count.c)
set_target_properties(covet_bench PROPERTIES OUTPUT_NAME covet-bench
  C_VISIBILITY_PRESET default INTERPROCEDURAL_OPTIMIZATION OFF) # its malloc stands in for that of libc
target_include_directories(covet_bench PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(covet_bench PRIVATE covet_options covet PkgConfig::PQ PkgConfig::UV
  PkgConfig::JANSSON ${CMAKE_DL_LIBS} m)
