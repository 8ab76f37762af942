# Every tests/FOLDER/test_NAME.c is one program and one ctest named FOLDER/NAME.
# It is linked with the library's objects, so it may test what is internal.

pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

function(covet_unit_test source)
  get_filename_component(folder ${source} DIRECTORY)
  get_filename_component(name ${source} NAME_WE)
  string(REPLACE "test_" "" short ${name})
  get_filename_component(folder ${folder} NAME)
  add_executable(${name} ${PROJECT_SOURCE_DIR}/${source} ${ARGN})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE covet_options covet_objects PkgConfig::CMOCKA
    ${PG_QUERY_ARCHIVE} ${COVET_SYSTEM_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${folder}/${short} COMMAND ${name})
  set_tests_properties(${folder}/${short} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

# A test against real servers (tests/live/README.md): live/NAME, label `live`. They run one
# at a time, for they measure and wait.
function(covet_live_test source)
  if(NOT COVET_TOOLS)
    return()
  endif()
  covet_unit_test(${source} ${PROJECT_SOURCE_DIR}/tests/support/live.c ${ARGN})
  get_filename_component(name ${source} NAME_WE)
  string(REPLACE "test_" "" short ${name})
  target_link_libraries(${name} PRIVATE PkgConfig::JANSSON)
  target_compile_definitions(${name} PRIVATE COVET_SHARDCTL="$<TARGET_FILE:covet-shardctl>")
  add_dependencies(${name} covet-shardctl)
  set_tests_properties(live/${short} PROPERTIES LABELS live TIMEOUT 300 RUN_SERIAL TRUE)
endfunction()

covet_unit_test(tests/core/test_error.c)
covet_unit_test(tests/core/test_arena.c)
covet_unit_test(tests/core/test_str.c)
covet_unit_test(tests/core/test_table.c)
covet_unit_test(tests/core/test_hash.c)
covet_unit_test(tests/core/test_loop.c)
covet_unit_test(tests/core/test_dsn.c)
covet_unit_test(tests/core/test_bind.c)
covet_unit_test(tests/core/test_map.c)
covet_unit_test(tests/core/test_numeric.c)
covet_unit_test(tests/shard/test_combine.c)
covet_unit_test(tests/shard/test_key.c)
covet_unit_test(tests/shard/test_order.c)
covet_unit_test(tests/shard/test_ring.c)

covet_live_test(tests/live/test_local.c)
