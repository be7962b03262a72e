# Into a folder of its own, from nothing, so that what is missing shows.
file(REMOVE_RECURSE $ENV{INSTALLED})
foreach(component IN ITEMS sdk server)
  execute_process(COMMAND ${CMAKE_COMMAND} --install $ENV{BUILD} --prefix $ENV{INSTALLED} --component ${component}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endforeach()
