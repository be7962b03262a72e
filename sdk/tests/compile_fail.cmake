# Compiles FILE, which must not compile; the first error must contain EXPECTED.
execute_process(
  COMMAND ${COMPILER} -std=c++20 -fsyntax-only -I${GENERATED} -I${SDK} ${FILE}
  RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_QUIET)
if(status EQUAL 0)
  message(FATAL_ERROR "${FILE} compiles, and must not")
endif()
string(FIND "${said}" "error:" begin)
string(SUBSTRING "${said}" ${begin} -1 first)
string(SUBSTRING "${first}" 6 -1 rest)
string(FIND "${rest}" "error:" end)
string(SUBSTRING "${rest}" 0 ${end} first)
if(NOT first MATCHES "${EXPECTED}")
  message(FATAL_ERROR "the first error does not say ${EXPECTED}:\n${said}")
endif()
