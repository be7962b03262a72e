# The packages of this folder, where they are not there yet: some hundred, which take half a minute.
#   cmake -DNPM=npm -DFOLDER=DIR -P packages.cmake
set(there ${FOLDER}/node_modules/.package-lock.json)
if(EXISTS ${there} AND ${there} IS_NEWER_THAN ${FOLDER}/package-lock.json)
  return()
endif()
execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund
  WORKING_DIRECTORY ${FOLDER} COMMAND_ERROR_IS_FATAL ANY)
file(TOUCH ${there})
