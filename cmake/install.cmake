# What is installed, and where, by component:
#   sdk      for authors of plugins: headers, parley-gen, parleyctl, the CMake package, schemas, manifests, the JavaScript client
#   server   parleyd and its plugins
# Everything is found from where it was installed to, so a tree may be moved.
include(CMakePackageConfigHelpers)

set(PARLEY_SHARE ${CMAKE_INSTALL_DATADIR}/parley)
set(PARLEY_CMAKE ${CMAKE_INSTALL_LIBDIR}/cmake/Parley)
set(PARLEY_PLUGINS ${CMAKE_INSTALL_LIBDIR}/parley/plugins)

install(TARGETS parley-sdk parley-gen EXPORT ParleyTargets COMPONENT sdk)
install(TARGETS parleyctl COMPONENT sdk)
# The test kit, and the store that it begins with.
install(TARGETS parley-test EXPORT ParleyTargets COMPONENT sdk)
install(DIRECTORY ${CMAKE_BINARY_DIR}/plugins/storage-memory DESTINATION ${PARLEY_PLUGINS} COMPONENT sdk)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/sdk/include/parley TYPE INCLUDE COMPONENT sdk)
install(EXPORT ParleyTargets NAMESPACE Parley:: DESTINATION ${PARLEY_CMAKE} COMPONENT sdk)
configure_package_config_file(sdk/cmake/ParleyConfig.cmake.in ParleyConfig.cmake
  INSTALL_DESTINATION ${PARLEY_CMAKE} PATH_VARS PARLEY_SHARE)
write_basic_package_version_file(ParleyConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/ParleyConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/ParleyConfigVersion.cmake
  sdk/cmake/ParleyPlugin.cmake sdk/cmake/plugin.map
  DESTINATION ${PARLEY_CMAKE} COMPONENT sdk)
install(FILES sdk/manifest/plugin.schema.json kernel/config/parley.schema.json
  DESTINATION ${PARLEY_SHARE}/schemas COMPONENT sdk)
install(DIRECTORY lua/ DESTINATION ${PARLEY_SHARE}/lua COMPONENT sdk FILES_MATCHING
  PATTERN "*.lua" PATTERN testing EXCLUDE)

# The JavaScript client, for `npm install`.
install(DIRECTORY ${PARLEY_JS_CLIENT}/dist DESTINATION ${PARLEY_SHARE}/js-client COMPONENT sdk)
install(FILES ${PARLEY_JS_CLIENT}/package.json ${PARLEY_JS_CLIENT}/README.md
  DESTINATION ${PARLEY_SHARE}/js-client COMPONENT sdk)

# What plugins can build on: by plugin, for parley_add_plugin(… REQUIRES …).
install(FILES kernel/identity/plugin.yaml DESTINATION ${PARLEY_SHARE}/manifests/identity COMPONENT sdk)
file(GLOB manifests CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/plugins ${PROJECT_SOURCE_DIR}/plugins/*/plugin.yaml)
foreach(manifest IN LISTS manifests)
  get_filename_component(plugin ${manifest} DIRECTORY)
  install(FILES plugins/${manifest} DESTINATION ${PARLEY_SHARE}/manifests/${plugin} COMPONENT sdk)
  set(here ${PROJECT_SOURCE_DIR}/plugins/${plugin})
  if(EXISTS ${here}/init.lua AND NOT EXISTS ${here}/CMakeLists.txt)
    install(DIRECTORY plugins/${plugin} DESTINATION ${PARLEY_PLUGINS} COMPONENT server
      FILES_MATCHING PATTERN "*.lua" PATTERN "plugin.yaml" PATTERN tests EXCLUDE)
  else()
    install(DIRECTORY ${CMAKE_BINARY_DIR}/plugins/${plugin} DESTINATION ${PARLEY_PLUGINS} COMPONENT server)
  endif()
endforeach()

install(TARGETS parleyd COMPONENT server)
