# A folder is a static library of its sources, and a test program of its *_test.cpp.
#
#   parley_library(NAME [DEPENDS target…] [TEST_DEPENDS target…])
#
# makes parley-NAME from ./*.cpp and parley-NAME-test from ./*_test.cpp.
function(parley_library name)
  cmake_parse_arguments(arg "" "" "DEPENDS;TEST_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  list(REMOVE_ITEM sources ${tests} ${CMAKE_CURRENT_SOURCE_DIR}/main.cpp)
  add_library(parley-${name} STATIC ${sources})
  target_link_libraries(parley-${name} PUBLIC ${arg_DEPENDS})
  if(tests)
    parley_test(${name} SOURCES ${tests} DEPENDS parley-${name} ${arg_TEST_DEPENDS})
  endif()
endfunction()

#   parley_test(NAME SOURCES file… [DEPENDS target…])   built only when asked for if BUILD_TESTING is off
function(parley_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  set(when)
  if(NOT BUILD_TESTING)
    set(when EXCLUDE_FROM_ALL)
  endif()
  add_executable(parley-${name}-test ${when} ${arg_SOURCES})
  target_link_libraries(parley-${name}-test PRIVATE ${arg_DEPENDS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND parley-${name}-test)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()

#   parley_link_allocator(TARGET)   mimalloc, but for sanitizers, which bring an allocator of their own
function(parley_link_allocator target)
  if(NOT PARLEY_SANITIZE)
    target_link_libraries(${target} PRIVATE
      -Wl,--push-state,--no-as-needed ${PARLEY_MIMALLOC} -Wl,--pop-state)
  endif()
endfunction()

#   parley_npm_packages(WORK FROM COMMENT)
#
# gets into WORK/node_modules what FROM/package-lock.json names; depend on WORK/node_modules/.package-lock.json.
function(parley_npm_packages work from comment)
  find_program(PARLEY_NPM npm REQUIRED)
  set(locked ${from}/package.json ${from}/package-lock.json ${from}/.npmrc)
  add_custom_command(
    OUTPUT ${work}/node_modules/.package-lock.json
    COMMAND ${CMAKE_COMMAND} -E make_directory ${work}
    COMMAND ${CMAKE_COMMAND} -E copy ${locked} ${work}
    COMMAND ${CMAKE_COMMAND} -E chdir ${work} ${PARLEY_NPM} ci --ignore-scripts --no-audit --no-fund
    COMMAND ${CMAKE_COMMAND} -E touch ${work}/node_modules/.package-lock.json
    DEPENDS ${locked}
    COMMENT ${comment}
    VERBATIM)
endfunction()
