#include "source.hpp"

#include <utility>

namespace parley::gen {

source read_source(const std::string& path, std::vector<yaml::problem>& problems) {
  source out;
  const std::size_t before = problems.size();
  out.document = yaml::read_file(path, problems);
  if (problems.size() == before) out.declared = manifest::read(out.document, problems);
  return out;
}

yaml::problem problem_at(const source& in, const std::string& pointer, std::string what,
                         std::string instead) {
  const auto key = in.document.keys.find(pointer);
  const auto where = key != in.document.keys.end() ? key->second : in.document.at(pointer);
  return {in.document.file, where, std::move(what), std::move(instead)};
}

} // namespace parley::gen
