# Runs parley-gen on garden/ twice, with the other manifests in another order, and compares with garden/expected.
# After a change that is meant: cmake -DGEN=… -DTESTS=… -DIDENTITY=… -DSCRATCH=… -DWRITE=ON -P check_texts.cmake
set(orders
  "${TESTS}/sample/plugin.yaml|${TESTS}/weather/plugin.yaml|${IDENTITY}"
  "${IDENTITY}|${TESTS}/weather/plugin.yaml|${TESTS}/sample/plugin.yaml")
file(MAKE_DIRECTORY ${SCRATCH})
foreach(order IN LISTS orders)
  string(REPLACE "|" ";--requires;" others "--requires;${order}")
  execute_process(COMMAND ${GEN} ${TESTS}/garden/plugin.yaml ${others}
    --output ${SCRATCH}/garden.plugin.hpp --typescript ${SCRATCH}/garden.ts --lua ${SCRATCH}/garden.lua
    --reference ${SCRATCH}/garden.md --hooks ${SCRATCH}/hooks.md
    RESULT_VARIABLE status ERROR_VARIABLE said)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${said}")
  endif()
  foreach(text IN ITEMS garden.ts garden.lua garden.md hooks.md)
    if(WRITE)
      file(COPY ${SCRATCH}/${text} DESTINATION ${TESTS}/garden/expected)
    endif()
    file(READ ${SCRATCH}/${text} made)
    file(READ ${TESTS}/garden/expected/${text} expected)
    if(NOT made STREQUAL expected)
      message(FATAL_ERROR "${SCRATCH}/${text} differs from garden/expected/${text}")
    endif()
    if(NOT made MATCHES "[^\n]\n$")
      message(FATAL_ERROR "${text} does not end with one newline")
    endif()
  endforeach()
  file(READ ${SCRATCH}/garden.plugin.hpp header)
  if(DEFINED before AND NOT header STREQUAL before)
    message(FATAL_ERROR "garden.plugin.hpp depends on the order of --requires")
  endif()
  set(before "${header}")
endforeach()
# Annotations are comments to Lua.
file(STRINGS ${SCRATCH}/garden.lua lines REGEX "^[^-]|^-[^-]")
if(lines)
  message(FATAL_ERROR "garden.lua would run: ${lines}")
endif()
