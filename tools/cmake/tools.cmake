# The command line tools.

pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)

# A tool is linked with the library's objects, so it may use what is internal.
function(covet_tool name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE covet_options covet_objects ${PG_QUERY_ARCHIVE}
    ${COVET_SYSTEM_LIBS} PkgConfig::JANSSON)
  install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES tools/man/${name}.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endfunction()

set(COVET_CLI_SOURCES tools/cli.c tools/cli_help.c tools/cli_report.c)

covet_tool(covet-shardctl tools/shardctl.c ${COVET_CLI_SOURCES}
  tools/alike.c tools/back_rows.c tools/cluster.c tools/crew.c tools/ddl.c tools/distribute.c
  tools/distribute_check.c tools/distribute_collect.c tools/distribute_finish.c
  tools/distribute_move.c tools/group.c tools/init.c tools/inspect.c
  tools/inspect_obstacles.c tools/leavings.c tools/member.c tools/mover.c
  tools/sql.c tools/sql_cancel.c tools/sql_caret.c tools/sql_near.c tools/sql_print.c tools/sql_read.c
  tools/sql_utility.c tools/sql_view.c
  tools/copy_in.c tools/copy_out.c tools/copy_rows.c tools/explain.c tools/spread.c
  tools/status.c tools/status_report.c tools/undistribute.c tools/undistribute_move.c replica/probe.c
  tools/local.c tools/local_cluster.c tools/local_place.c tools/local_state.c tools/local_up.c
  tools/ports.c tools/process.c tools/server.c)
