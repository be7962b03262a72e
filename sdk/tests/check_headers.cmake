# Compiles every header by itself: the C ABI as C99 and C++17 with the lists COMPILERS_C and
# COMPILERS_CXX, the C++ view as C++20 with COMPILER.
file(GLOB_RECURSE c_headers RELATIVE ${SDK} ${SDK}/parley/*.h)
file(GLOB_RECURSE cpp_headers RELATIVE ${SDK} ${SDK}/parley/*.hpp)
set(source ${SCRATCH}/one_header)
set(failures "")

function(compile compiler language standard header)
  execute_process(
    COMMAND ${compiler} -x ${language} -std=${standard} -Wall -Wextra -Wpedantic -Wshadow -Werror
      -fsyntax-only -I${SDK} ${source}
    RESULT_VARIABLE status ERROR_VARIABLE said)
  if(NOT status EQUAL 0)
    set(failures "${failures}\n${header} as ${standard} with ${compiler}:\n${said}" PARENT_SCOPE)
  endif()
endfunction()

foreach(header IN LISTS c_headers)
  file(WRITE ${source} "#include \"${header}\"\n#include \"${header}\"\nextern int nothing_else;\n")
  foreach(compiler IN LISTS COMPILERS_C)
    compile(${compiler} c c99 ${header})
  endforeach()
  foreach(compiler IN LISTS COMPILERS_CXX)
    compile(${compiler} c++ c++17 ${header})
  endforeach()
endforeach()
foreach(header IN LISTS cpp_headers)
  file(WRITE ${source} "#include \"${header}\"\n#include \"${header}\"\n")
  compile(${COMPILER} c++ c++20 ${header})
endforeach()
if(failures)
  message(FATAL_ERROR "${failures}")
endif()
if(NOT c_headers OR NOT cpp_headers)
  message(FATAL_ERROR "no headers in ${SDK}")
endif()
