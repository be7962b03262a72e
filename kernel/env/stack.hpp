#pragma once

// The stack of a thread that does not come back, for a process that is about to end.

namespace parley::env {

// [the thread itself] `print_stack` will show this one. The signal SIGRTMIN belongs to it from then
// on.
void show_stack_of_this_thread();

// Writes the stack of that thread to standard error, a line a frame: the file of the code, and
// where in it. Waits for a second at the most. Any other thread; once in a process.
void print_stack();

} // namespace parley::env
