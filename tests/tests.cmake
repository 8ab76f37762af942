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

# A live test of the ORM on the blog's tables, which Django makes and fills (tests/django).
function(covet_blog_test source)
  covet_live_test(${source} ${PROJECT_SOURCE_DIR}/tests/support/blog_models.c
    ${PROJECT_SOURCE_DIR}/tests/support/blog_django.c ${ARGN})
  get_filename_component(name ${source} NAME_WE)
  string(REPLACE "test_" "" short ${name})
  if(TARGET ${name})
    target_compile_definitions(${name} PRIVATE COVET_DJANGO="${PROJECT_SOURCE_DIR}/tests/django")
    set_tests_properties(live/${short} PROPERTIES SKIP_RETURN_CODE 77)
  endif()
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
covet_unit_test(tests/core/test_nearest.c)
covet_unit_test(tests/core/test_numeric.c)
covet_unit_test(tests/core/test_prepared.c)
covet_unit_test(tests/core/test_render.c)
covet_unit_test(tests/shard/test_combine.c)
covet_unit_test(tests/shard/test_key.c)
covet_unit_test(tests/shard/test_near.c)
covet_unit_test(tests/shard/test_order.c)
covet_unit_test(tests/shard/test_views.c ${PROJECT_SOURCE_DIR}/tests/support/world.c)
covet_unit_test(tests/shard/test_moment.c ${PROJECT_SOURCE_DIR}/tests/support/world.c)
covet_unit_test(tests/shard/test_plan.c ${PROJECT_SOURCE_DIR}/tests/support/world.c)
covet_unit_test(tests/shard/test_plan_print.c ${PROJECT_SOURCE_DIR}/tests/support/world.c)
covet_unit_test(tests/shard/test_residual.c ${PROJECT_SOURCE_DIR}/tests/support/world.c)
covet_unit_test(tests/shard/test_ring.c)
covet_unit_test(tests/shard/test_utility.c ${PROJECT_SOURCE_DIR}/tests/support/world.c)

covet_unit_test(tests/fuzz/test_replay.c ${PROJECT_SOURCE_DIR}/tests/fuzz/sql_check.c
  ${PROJECT_SOURCE_DIR}/tests/fuzz/sql_mix.c ${PROJECT_SOURCE_DIR}/tests/fuzz/sql_pieces.c
  ${PROJECT_SOURCE_DIR}/tests/fuzz/sql_same.c ${PROJECT_SOURCE_DIR}/tests/support/world.c)
target_compile_definitions(test_replay PRIVATE COVET_FUZZ="${PROJECT_SOURCE_DIR}/tests/fuzz")

covet_unit_test(tests/tools/test_sql_read.c ${PROJECT_SOURCE_DIR}/tools/sql_read.c)
covet_unit_test(tests/tools/test_copy_rows.c ${PROJECT_SOURCE_DIR}/tools/copy_rows.c)
if(COVET_TOOLS)
  covet_unit_test(tests/tools/test_sql_caret.c ${PROJECT_SOURCE_DIR}/tools/sql_caret.c)
  covet_unit_test(tests/tools/test_sql_print.c ${PROJECT_SOURCE_DIR}/tools/sql_print.c)
  target_link_libraries(test_sql_print PRIVATE PkgConfig::JANSSON)
endif()

covet_live_test(tests/live/test_local.c)
covet_live_test(tests/live/test_cluster.c)
covet_live_test(tests/live/test_catalog.c)
covet_live_test(tests/live/test_faults.c)
covet_live_test(tests/live/test_distribute.c ${PROJECT_SOURCE_DIR}/tests/support/blog_tables.c)
covet_live_test(tests/live/test_interrupted.c ${PROJECT_SOURCE_DIR}/tests/support/blog_tables.c)
covet_live_test(tests/live/test_handle.c)
covet_live_test(tests/live/test_pooler.c)
covet_live_test(tests/live/test_sql_views.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_moments.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_own_writes.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_answers.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_explain.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_refused.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_cost.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_decision.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
if(COVET_TOOLS)
  target_compile_definitions(test_decision PRIVATE COVET_DECISION="${PROJECT_SOURCE_DIR}/tests/live/decision")
endif()
covet_live_test(tests/live/test_scarce.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_scatter.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_stream.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_gather.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_gather_memory.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_empty_group.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_sql.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_sql_copy.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_sql_ddl.c ${PROJECT_SOURCE_DIR}/tests/support/cluster.c)
covet_live_test(tests/live/test_threads.c)
covet_live_test(tests/live/test_tls.c)
covet_live_test(tests/live/test_ids.c)
if(COVET_TOOLS)
  set_tests_properties(live/threads PROPERTIES LABELS "live;threads")
endif()
covet_unit_test(tests/oracle/test_sheet.c ${PROJECT_SOURCE_DIR}/tests/oracle/sheet.c)
covet_unit_test(tests/replica/test_probe.c ${PROJECT_SOURCE_DIR}/replica/probe.c)

# Models are data: the blog's serve the tests that need no server, too.
foreach(test compile memory names rows)
  covet_unit_test(tests/orm/test_${test}.c ${PROJECT_SOURCE_DIR}/tests/support/blog_models.c)
endforeach()
add_test(NAME check/misuse
  COMMAND ${PROJECT_SOURCE_DIR}/tools/check-misuse.sh ${PROJECT_BINARY_DIR}/include)
set_tests_properties(check/misuse PROPERTIES LABELS check TIMEOUT 300)

set(COVET_PARITY ${PROJECT_SOURCE_DIR}/tests/support/parity.c
  ${PROJECT_SOURCE_DIR}/tests/live/parity_conditions.c ${PROJECT_SOURCE_DIR}/tests/live/parity_rows.c)
covet_blog_test(tests/live/test_orm_parity.c ${COVET_PARITY})
covet_blog_test(tests/live/test_orm_random.c)
covet_blog_test(tests/live/test_blog.c ${COVET_PARITY} ${PROJECT_SOURCE_DIR}/tests/support/blog_shards.c)
covet_live_test(tests/live/test_orm_async.c)
if(COVET_TOOLS)
  set_tests_properties(live/orm_async PROPERTIES LABELS "live;threads")
endif()
covet_blog_test(tests/live/test_orm_write.c ${PROJECT_SOURCE_DIR}/tests/support/blog_shards.c)

# The examples, and the blog that they read.
covet_live_test(tests/live/test_examples.c)
if(COVET_TOOLS)
  target_compile_definitions(test_examples PRIVATE COVET_EXAMPLES="${PROJECT_BINARY_DIR}/examples"
    COVET_DATA="${PROJECT_SOURCE_DIR}/tools/data")
  add_dependencies(test_examples example_first example_worker example_epoll example_http
    example_plain)
endif()

# The oracle (tests/oracle/README.md): one driver, asked for random statements and for written ones.
if(COVET_TOOLS)
  set(COVET_ORACLE ${PROJECT_SOURCE_DIR}/tests/oracle)
  add_executable(oracle_driver ${COVET_ORACLE}/driver.c ${COVET_ORACLE}/layouts.c
    ${COVET_ORACLE}/sheet.c ${PROJECT_SOURCE_DIR}/tests/support/live.c)
  target_include_directories(oracle_driver PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(oracle_driver PRIVATE covet_options covet_objects PkgConfig::CMOCKA
    PkgConfig::JANSSON ${PG_QUERY_ARCHIVE} ${COVET_SYSTEM_LIBS} m)
  target_compile_definitions(oracle_driver PRIVATE COVET_SHARDCTL="$<TARGET_FILE:covet-shardctl>")
  set_target_properties(oracle_driver PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_dependencies(oracle_driver covet-shardctl)
  add_test(NAME live/oracle_random COMMAND python3 -B ${COVET_ORACLE}/run.py
    --driver $<TARGET_FILE:oracle_driver> --seed 1 --count 2000 --shards 7 --strict)
  add_test(NAME live/oracle_corpus COMMAND python3 -B ${COVET_ORACLE}/corpus.py
    --driver $<TARGET_FILE:oracle_driver> --shards 1,2,7)
  set_tests_properties(live/oracle_random live/oracle_corpus PROPERTIES LABELS live TIMEOUT 900
    RUN_SERIAL TRUE)
endif()

# What planning costs; not a test.
add_executable(bench_plan EXCLUDE_FROM_ALL tests/bench/bench_plan.c tests/support/world.c)
target_include_directories(bench_plan PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_plan PRIVATE covet_options covet_objects ${PG_QUERY_ARCHIVE}
  ${COVET_SYSTEM_LIBS})
set_target_properties(bench_plan PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
