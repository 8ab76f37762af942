# The fuzz target (tools/fuzz builds it, with clang).

add_executable(fuzz_sql tests/fuzz/fuzz_sql.c tests/fuzz/sql_check.c tests/fuzz/sql_mix.c
  tests/fuzz/sql_pieces.c tests/fuzz/sql_same.c tests/support/world.c)
target_include_directories(fuzz_sql PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_compile_definitions(fuzz_sql PRIVATE COVET_SEEDS="${PROJECT_SOURCE_DIR}/tests/fuzz/seeds.sql")
target_link_libraries(fuzz_sql PRIVATE covet_options covet_objects ${PG_QUERY_ARCHIVE}
  ${COVET_SYSTEM_LIBS})
target_link_options(fuzz_sql PRIVATE -fsanitize=fuzzer)
set_target_properties(fuzz_sql PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
