// parley-abuse honest|abuser|herd FILE: what it is to do is in the file, as JSON.

#include "commands.hpp"

#include <boost/json/parse.hpp>

#include <sys/resource.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string_view>

int main(int count, char** words) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  try {
    if (count != 3) throw std::invalid_argument("parley-abuse honest|abuser|herd FILE");
    const std::string_view which = words[1];
    std::ifstream file(words[2]);
    std::stringstream text;
    text << file.rdbuf();
    const boost::json::value given = boost::json::parse(text.str());
    if (which == "honest") return parley::abuse::honest(given.as_object());
    if (which == "abuser") return parley::abuse::abuser(given.as_object());
    if (which == "herd") return parley::abuse::herd(given.as_object());
    throw std::invalid_argument("honest, abuser or herd");
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
  }
}
