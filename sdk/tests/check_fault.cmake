# Runs parley-gen on CASE.yaml, which it must refuse with the words of CASE.txt.
execute_process(COMMAND ${GEN} ${CASE}.yaml --output ${OUTPUT}
  RESULT_VARIABLE status ERROR_VARIABLE said)
file(READ ${CASE}.txt expected)
get_filename_component(folder ${CASE} DIRECTORY)
string(REPLACE "${folder}/" "" said "${said}")
if(status EQUAL 0 OR NOT said STREQUAL expected)
  message(FATAL_ERROR "status ${status}; said:\n${said}expected:\n${expected}")
endif()
if(EXISTS ${OUTPUT})
  message(FATAL_ERROR "${OUTPUT} was written")
endif()
