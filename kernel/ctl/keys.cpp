// parleyctl keys new and rotate.

#include "ctl/ask.hpp"
#include "ctl/commands.hpp"
#include "env/real.hpp"
#include "storage/master_keys.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

namespace parley::ctl {

namespace {

// Never in place of another file: that may be the only key to what is stored.
int make(const arguments& given) {
  env::real_random random;
  const storage::secret key(random);
  const std::string text = storage::written(key) + "\n";
  const int file = ::open(given[0].c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool well = file >= 0 &&
                    ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    ::fsync(file) == 0;
  const int wrong = errno;
  if (file >= 0) ::close(file);
  if (!well) {
    std::cerr << given[0] << " cannot be made: " << std::strerror(wrong) << '\n';
    return 1;
  }
  std::cout
      << "master key " << storage::master_key(key).id() << " is in " << given[0]
      << "; keep a copy where no backup goes: without it nothing that is sealed can be read\n";
  return 0;
}

int rotate(const arguments& given) {
  const auto data = data_of(given[0]);
  if (!data) return 2;
  const auto said = said_by(control::ask(*data / control::file_name, {{"do", "keys.rotate"}}));
  if (!said) return 1;
  std::cout << "all data keys are wrapped by the master key " << text_of(*said, "id") << ", "
            << text_of(*said, "count") << " of them anew\n";
  return 0;
}

} // namespace

std::vector<command> key_commands() {
  return {{{"keys", "new"}, "FILE", "make a master key for sealed fields", make},
          {{"keys", "rotate"},
           "CONFIG",
           "wrap all data keys by the first master key, while the server runs",
           rotate}};
}

} // namespace parley::ctl
