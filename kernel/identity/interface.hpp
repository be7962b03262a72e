#pragma once

namespace parley::identity {

class service;

// The service that the C interface works on from now on; nullptr: none.
void serve_interface(service* with);

} // namespace parley::identity
