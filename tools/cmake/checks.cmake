# Checks of the tree and of what is built: tests with the label `check`.

if(NOT COVET_TESTS)
  return()
endif()

# Exit code 77: it cannot be checked here.
function(covet_check name)
  add_test(NAME check/${name} COMMAND ${ARGN})
  set_tests_properties(check/${name} PROPERTIES LABELS check TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()

set(COVET_CHECKS ${PROJECT_SOURCE_DIR}/tools)
covet_check(layers ${COVET_CHECKS}/check-layers.sh)
covet_check(format ${COVET_CHECKS}/check-format.sh)
covet_check(readme ${COVET_CHECKS}/check-readme.sh)
covet_check(macros ${COVET_CHECKS}/check-macros.sh ${PROJECT_BINARY_DIR}/include)
if(TARGET covet-shardctl)
  covet_check(manpage ${COVET_CHECKS}/check-manpage.sh $<TARGET_FILE:covet-shardctl>)
endif()

# What users get has no sanitizers in it: a build with them makes another one to look at.
if(COVET_SANITIZE)
  set(COVET_CHECKED_BUILD ${PROJECT_BINARY_DIR}/checks-release)
  covet_check(release ${CMAKE_CTEST_COMMAND}
    --build-and-test ${PROJECT_SOURCE_DIR} ${COVET_CHECKED_BUILD}
    --build-generator ${CMAKE_GENERATOR} --build-noclean
    --build-options -DCMAKE_BUILD_TYPE=Release -DCOVET_TESTS=OFF)
  set_tests_properties(check/release PROPERTIES FIXTURES_SETUP checked_build TIMEOUT 900)
else()
  set(COVET_CHECKED_BUILD ${PROJECT_BINARY_DIR})
endif()
covet_check(symbols ${COVET_CHECKS}/check-symbols.sh ${COVET_CHECKED_BUILD}/lib)
covet_check(consumer ${COVET_CHECKS}/check-consumer.sh ${COVET_CHECKED_BUILD})
set_tests_properties(check/symbols check/consumer PROPERTIES FIXTURES_REQUIRED checked_build)
