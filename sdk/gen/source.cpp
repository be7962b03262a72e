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
  return {in.document.file, in.document.at_key(pointer), std::move(what), std::move(instead)};
}

} // namespace parley::gen
