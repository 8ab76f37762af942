# The examples use the library as any program does: by its public headers alone.

find_library(HTTP_PARSER_LIBRARY http_parser REQUIRED)

function(covet_example name)
  add_executable(example_${name} ${ARGN})
  target_link_libraries(example_${name} PRIVATE covet)
  target_compile_options(example_${name} PRIVATE -Wall -Wextra -Wpedantic -Werror)
  set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
endfunction()

covet_example(first tools/examples/first.c)
covet_example(worker tools/examples/worker.c tools/examples/blog.c)
covet_example(epoll tools/examples/epoll.c)
covet_example(export tools/examples/export.c)
covet_example(http tools/examples/http.c tools/examples/blog.c)
target_link_libraries(example_http PRIVATE PkgConfig::UV PkgConfig::JANSSON ${HTTP_PARSER_LIBRARY})
# A C++ compiler is asked of those alone who run the tests.
if(COVET_TESTS)
  enable_language(CXX)
  covet_example(plain tools/examples/plain.cc)
  target_compile_features(example_plain PRIVATE cxx_std_17)
endif()
