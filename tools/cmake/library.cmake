# The library: one set of objects, linked as libcovet.so and as libcovet.a.

set(COVET_PUBLIC
  core/base.h core/error.h core/alloc.h core/arena.h core/log.h core/value.h core/result.h
  shard/key.h shard/ring.h shard/db.h orm/model.h orm/query.h orm/orm.h orm/short.h)

set(COVET_SOURCES
  core/alloc.c core/arena.c core/bind.c core/catalog.c core/catalog_map.c core/catalog_sql.c
  core/conn.c core/conn_io.c core/dsn.c core/error.c core/hash.c core/log.c core/loop.c
  core/map.c core/mapfile.c core/nearest.c core/numeric.c core/pool.c core/pqdescribe.c core/pqerror.c
  core/prepared.c core/quota.c core/render.c core/result.c core/session.c core/str.c
  core/table.c core/thread.c core/types.c
  shard/combine.c shard/compose.c shard/db.c shard/deep.c shard/edit.c shard/explain.c
  shard/gather.c shard/gather_rows.c shard/group_sql.c shard/ids.c
  shard/key.c shard/merge.c shard/moment_ask.c shard/near.c shard/op.c shard/order.c
  shard/parse.c shard/parse_aggs.c shard/parse_calls.c shard/parse_cut.c shard/parse_facts.c
  shard/parse_from.c shard/parse_graph.c shard/parse_insert.c shard/parse_keys.c shard/parse_moment.c
  shard/parse_groups.c shard/parse_outline.c shard/parse_own.c shard/parse_residual.c shard/parse_shape.c shard/parse_spans.c
  shard/parse_terms.c shard/parse_utility.c shard/parse_utility_copy.c
  shard/parse_utility_view.c shard/parse_views.c shard/parse_whole.c
  shard/plan.c shard/plan_print.c shard/plan_residual.c shard/plan_terms.c
  shard/prepare.c shard/prepare_residual.c
  shard/ring.c shard/run.c shard/run_answer.c shard/run_bind.c shard/schema.c shard/servers.c shard/sink.c
  shard/stmt.c shard/stream.c shard/stream_rows.c
  shard/tx.c
  orm/change.c orm/collect.c orm/compile.c orm/delete.c orm/fetch.c orm/hydrate.c orm/join.c
  orm/keys.c orm/lookup.c orm/member.c orm/model.c orm/moment.c orm/path.c orm/prefetch.c
  orm/qs.c orm/rows.c orm/save.c orm/task.c orm/text.c orm/where.c)

# A header named here is a promise: it becomes <covet/FOLDER/NAME.h> in the build
# tree (as a link) and in the install tree (as a file). Others stay ours.
set(COVET_UMBRELLA "/* covet/covet.h - all public headers. */\n#pragma once\n")
foreach(header IN LISTS COVET_PUBLIC)
  get_filename_component(folder ${header} DIRECTORY)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include/covet/${folder})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${header} ${PROJECT_BINARY_DIR}/include/covet/${header}
       SYMBOLIC)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/covet/${folder})
  if(NOT header MATCHES "short\\.h$")
    string(APPEND COVET_UMBRELLA "#include <covet/${header}>\n")
  endif()
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/include/covet/covet.h CONTENT "${COVET_UMBRELLA}")
install(FILES ${PROJECT_BINARY_DIR}/include/covet/covet.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/covet)

# protoc-c's code is generated, not ours: it is compiled without our warnings.
set(COVET_GENERATED ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${COVET_GENERATED})
add_custom_command(OUTPUT ${COVET_GENERATED}/map.pb-c.c ${COVET_GENERATED}/map.pb-c.h
  COMMAND ${PROTOC_C} --c_out=${COVET_GENERATED} --proto_path=${PROJECT_SOURCE_DIR}/core map.proto
  DEPENDS core/map.proto VERBATIM)
set_source_files_properties(${COVET_GENERATED}/map.pb-c.c PROPERTIES COMPILE_OPTIONS -w)

add_library(covet_objects OBJECT ${COVET_SOURCES} ${COVET_GENERATED}/map.pb-c.c
  ${COVET_GENERATED}/map.pb-c.h)
target_include_directories(covet_objects PUBLIC
  ${PROJECT_BINARY_DIR}/include ${PROJECT_SOURCE_DIR})
target_include_directories(covet_objects SYSTEM PUBLIC ${COVET_GENERATED} ${PG_QUERY_INCLUDE})
target_link_libraries(covet_objects
  PRIVATE covet_options
  PUBLIC PkgConfig::PQ PkgConfig::UV PkgConfig::XXHASH PkgConfig::PROTOBUFC Threads::Threads)

# What the library needs from the system at run time. protobuf-c comes before the
# archive of libpg_query, which holds a copy of it.
set(COVET_SYSTEM_LIBS PkgConfig::PQ PkgConfig::UV PkgConfig::PROTOBUFC Threads::Threads m)

add_library(covet SHARED)
target_link_libraries(covet PRIVATE covet_objects ${PG_QUERY_ARCHIVE} ${COVET_SYSTEM_LIBS})
target_include_directories(covet INTERFACE
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_options(covet PRIVATE -Wl,--exclude-libs,ALL -Wl,-z,relro -Wl,-z,now)
if(NOT COVET_SANITIZE)
  target_link_options(covet PRIVATE -Wl,-z,defs)
endif()
set_target_properties(covet PROPERTIES VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

# The archive is one object whose only global names are those of the ABI: what
# libpg_query brings stays inside.
set(COVET_STATIC ${PROJECT_BINARY_DIR}/lib/libcovet.a)
add_custom_command(OUTPUT ${COVET_STATIC}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${COVET_STATIC}
  COMMAND ${CMAKE_C_COMPILER} -nostdlib -r $<$<BOOL:${COVET_LTO}>:-flinker-output=nolto-rel>
          -o ${PROJECT_BINARY_DIR}/covet_one.o $<TARGET_OBJECTS:covet_objects> ${PG_QUERY_ARCHIVE}
  COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${PROJECT_SOURCE_DIR}/tools/abi.txt
          ${PROJECT_BINARY_DIR}/covet_one.o
  COMMAND ${CMAKE_AR} crs ${COVET_STATIC} ${PROJECT_BINARY_DIR}/covet_one.o
  DEPENDS covet_objects $<TARGET_OBJECTS:covet_objects> ${PROJECT_SOURCE_DIR}/tools/abi.txt
  COMMAND_EXPAND_LISTS VERBATIM)
if(NOT COVET_SANITIZE)
  add_custom_target(covet_static ALL DEPENDS ${COVET_STATIC})
  install(FILES ${COVET_STATIC} DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

install(TARGETS covet EXPORT covet LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT covet NAMESPACE covet:: FILE covetTargets.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/covet)
configure_package_config_file(tools/cmake/covetConfig.cmake.in
  ${PROJECT_BINARY_DIR}/covetConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/covet)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/covetConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/covetConfig.cmake ${PROJECT_BINARY_DIR}/covetConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/covet)
# The file finds its prefix from where it lies: `cmake --install --prefix` puts it anywhere.
file(RELATIVE_PATH COVET_PC_UP /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(tools/cmake/covet.pc.in ${PROJECT_BINARY_DIR}/covet.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/covet.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
