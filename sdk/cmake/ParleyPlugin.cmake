# Building plugins with the SDK, in Parley's own tree and outside of it: find_package(Parley).
#
#   parley_add_plugin(NAME
#     [SOURCES file…]      the plugin's code; default: all *.cpp and *.c of the folder and of src/, but *_test.*
#     [REQUIRES plugin…]   plugins whose methods it calls or whose hooks it steps into
#     [TESTS file…]        GoogleTest sources; become plugin-NAME-test. PARLEY_UNDER_TEST is the built plugin's
#                          folder, for the test kit (TEST_LIBRARIES Parley::test)
#     [TEST_LIBRARIES target…]
#     [LIBRARIES target…]) what it links to
#
# makes plugins/NAME/libNAME.so in the build directory, with plugin.yaml (and ui/, where that needs no
# build of its own) beside it. The code sees the SDK, its own folder and NAME.plugin.hpp; nothing else. Of a plugin in
# plain C plugin.yaml is only checked.
#
#   parley_generate(TARGET NAME MANIFEST [REQUIRES plugin…])
#
# gives a target NAME.plugin.hpp without making a plugin of it.
#
# Manifests of other plugins are looked for in PARLEY_MANIFEST_PATH, as DIRECTORY/NAME/plugin.yaml, and
# beside the plugin's own folder.

get_property(_parley_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if(CXX IN_LIST _parley_languages)
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-fno-gnu-unique PARLEY_HAS_NO_GNU_UNIQUE)
endif()

function(_parley_find_manifest out plugin beside)
  foreach(folder IN LISTS PARLEY_MANIFEST_PATH ITEMS ${beside})
    if(EXISTS ${folder}/${plugin}/plugin.yaml)
      get_filename_component(found ${folder}/${plugin}/plugin.yaml ABSOLUTE)
      set(${out} ${found} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "no ${plugin}/plugin.yaml in ${PARLEY_MANIFEST_PATH};${beside}: "
    "add its folder to PARLEY_MANIFEST_PATH")
endfunction()

# Runs parley-gen for OUTPUTS, with the manifests that it needs to know.
function(_parley_run_gen manifest)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "OUTPUTS;REQUIRES;OPTIONS")
  get_filename_component(manifest ${manifest} ABSOLUTE)
  get_filename_component(beside ${manifest} DIRECTORY)
  get_filename_component(beside ${beside} DIRECTORY)
  get_filename_component(identity ${PARLEY_IDENTITY_MANIFEST} ABSOLUTE)
  set(others)
  if(NOT manifest STREQUAL identity)
    list(APPEND others ${identity})
  endif()
  foreach(plugin IN LISTS arg_REQUIRES)
    _parley_find_manifest(found ${plugin} ${beside})
    list(APPEND others ${found})
  endforeach()
  set(options)
  foreach(other IN LISTS others)
    list(APPEND options --requires ${other})
  endforeach()

  list(GET arg_OUTPUTS 0 first)
  get_filename_component(name ${first} NAME)
  add_custom_command(
    OUTPUT ${arg_OUTPUTS}
    COMMAND Parley::parley-gen ${manifest} ${arg_OPTIONS} ${options}
    DEPENDS $<TARGET_FILE:Parley::parley-gen> ${manifest} ${others}
    COMMENT "Generating ${name}"
    VERBATIM)
endfunction()

function(parley_generate target name manifest)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "REQUIRES")
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/generated)
  set(made ${folder}/${name}.plugin.hpp ${folder}/${name}.schemas.json)
  file(MAKE_DIRECTORY ${folder})
  list(GET made 0 header)
  list(GET made 1 schemas)
  _parley_run_gen(${manifest} OUTPUTS ${made} REQUIRES ${arg_REQUIRES}
    OPTIONS --output ${header} --schemas ${schemas})
  target_sources(${target} PRIVATE ${header})
  target_include_directories(${target} PRIVATE ${folder})
endfunction()

function(_parley_check_manifest target name manifest)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "REQUIRES")
  set(schemas ${CMAKE_CURRENT_BINARY_DIR}/${name}.schemas.json)
  _parley_run_gen(${manifest} OUTPUTS ${schemas} REQUIRES ${arg_REQUIRES} OPTIONS --schemas ${schemas})
  target_sources(${target} PRIVATE ${schemas})
endfunction()

function(parley_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;REQUIRES;TESTS;TEST_LIBRARIES;LIBRARIES")
  set(here ${CMAKE_CURRENT_SOURCE_DIR})
  set(code plugin-${name}-code)
  set(folder ${CMAKE_BINARY_DIR}/plugins/${name})
  if(NOT arg_SOURCES)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS ${here}/*.cpp ${here}/*.c ${here}/src/*.cpp ${here}/src/*.c)
    list(FILTER arg_SOURCES EXCLUDE REGEX "_test\\.(cpp|c)$")
  endif()
  set(language C)
  if(arg_SOURCES MATCHES "\\.cpp")
    set(language CXX)
  endif()

  add_library(${code} OBJECT ${arg_SOURCES})
  set_target_properties(${code} PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF C_STANDARD 99
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(PARLEY_HAS_NO_GNU_UNIQUE)
    # Otherwise the library can never be unloaded.
    target_compile_options(${code} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
  endif()
  target_include_directories(${code} PRIVATE ${here})
  if(IS_DIRECTORY ${here}/src)
    target_include_directories(${code} PRIVATE ${here}/src)
  endif()
  target_link_libraries(${code} PRIVATE Parley::sdk ${arg_LIBRARIES})
  if(language STREQUAL CXX)
    parley_generate(${code} ${name} ${here}/plugin.yaml REQUIRES ${arg_REQUIRES})
  else()
    _parley_check_manifest(${code} ${name} ${here}/plugin.yaml REQUIRES ${arg_REQUIRES})
  endif()

  add_library(plugin-${name} MODULE $<TARGET_OBJECTS:${code}>)
  target_link_libraries(plugin-${name} PRIVATE Parley::sdk ${arg_LIBRARIES})
  set_target_properties(plugin-${name} PROPERTIES
    OUTPUT_NAME ${name} PREFIX lib SUFFIX .so LIBRARY_OUTPUT_DIRECTORY ${folder}
    LINKER_LANGUAGE ${language} LINK_DEPENDS ${PARLEY_PLUGIN_MAP})
  target_link_options(plugin-${name} PRIVATE LINKER:--version-script=${PARLEY_PLUGIN_MAP})
  _parley_copy_files(${name} ${here} ${folder})

  if(arg_TESTS AND BUILD_TESTING)
    find_package(GTest REQUIRED)
    add_executable(plugin-${name}-test ${arg_TESTS} $<TARGET_OBJECTS:${code}>)
    set_target_properties(plugin-${name}-test PROPERTIES
      CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
    target_include_directories(plugin-${name}-test PRIVATE
      ${here} ${here}/src ${CMAKE_CURRENT_BINARY_DIR}/generated)
    target_link_libraries(plugin-${name}-test PRIVATE
      Parley::sdk ${arg_LIBRARIES} ${arg_TEST_LIBRARIES} GTest::gmock GTest::gtest_main)
    target_compile_definitions(plugin-${name}-test PRIVATE PARLEY_UNDER_TEST="${folder}")
    add_dependencies(plugin-${name}-test plugin-${name})
    add_test(NAME plugin-${name} COMMAND plugin-${name}-test)
    set_tests_properties(plugin-${name} PROPERTIES TIMEOUT 300)
  endif()
endfunction()

# plugin.yaml, and a ui/ that is served as it is.
function(_parley_copy_files name from to)
  set(files ${from}/plugin.yaml)
  if(IS_DIRECTORY ${from}/ui AND NOT EXISTS ${from}/ui/package.json)
    file(GLOB_RECURSE pages CONFIGURE_DEPENDS ${from}/ui/*)
    list(APPEND files ${pages})
  endif()
  set(copied)
  foreach(file IN LISTS files)
    file(RELATIVE_PATH relative ${from} ${file})
    add_custom_command(
      OUTPUT ${to}/${relative}
      COMMAND ${CMAKE_COMMAND} -E copy ${file} ${to}/${relative}
      DEPENDS ${file}
      VERBATIM)
    list(APPEND copied ${to}/${relative})
  endforeach()
  add_custom_target(plugin-${name}-files ALL DEPENDS ${copied})
  add_dependencies(plugin-${name} plugin-${name}-files)
endfunction()
