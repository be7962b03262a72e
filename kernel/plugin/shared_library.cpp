#include "plugin/shared_library.hpp"

#include "parley/abi.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>

namespace parley::plugin {

namespace {

constexpr std::string_view entry_prefix = "parley_plugin_entry_v";

// The file's bytes. Everything in it may be wrong, so nothing is read past its end.
class elf_file {
 public:
  explicit elf_file(std::string bytes) : bytes_(std::move(bytes)) {}

  template <typename T>
  std::optional<T> read(std::uint64_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < sizeof(T)) return std::nullopt;
    T out;
    std::memcpy(&out, bytes_.data() + at, sizeof out);
    return out;
  }
  std::string text(const Elf64_Shdr& table, std::uint64_t at) const {
    if (at >= table.sh_size || table.sh_offset > bytes_.size() ||
        at >= bytes_.size() - table.sh_offset)
      return {};
    const char* begin = bytes_.data() + table.sh_offset + at;
    const std::size_t most =
        std::min<std::uint64_t>(table.sh_size - at, bytes_.size() - table.sh_offset - at);
    return {begin, ::strnlen(begin, most)};
  }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

std::string header_problem(const elf_file& file) {
  const auto header = file.read<Elf64_Ehdr>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return "it is not an ELF file";
  if (header->e_ident[EI_CLASS] != ELFCLASS64) return "it is not built for 64 bits";
  if (header->e_type != ET_DYN) return "it is an ELF file, and no shared library";
  const std::uint64_t sections_end =
      header->e_shoff + std::uint64_t{header->e_shnum} * sizeof(Elf64_Shdr);
  if (header->e_shentsize != sizeof(Elf64_Shdr) || sections_end > file.size())
    return "it is cut off, or was not written to its end";
  return {};
}

void read_symbols(const elf_file& file, const Elf64_Shdr& section, const Elf64_Shdr& names,
                  library_facts& out) {
  for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
    const auto symbol = file.read<Elf64_Sym>(section.sh_offset + at);
    if (!symbol) return;
    const unsigned binding = ELF64_ST_BIND(symbol->st_info);
    const unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    if (symbol->st_shndx == SHN_UNDEF || binding == STB_LOCAL ||
        (visibility != STV_DEFAULT && visibility != STV_PROTECTED))
      continue;
    std::string name = file.text(names, symbol->st_name);
    if (binding == STB_GNU_UNIQUE) out.unique.push_back(name);
    out.exported.push_back(std::move(name));
  }
}

void read_dynamic(const elf_file& file, const Elf64_Shdr& section, const Elf64_Shdr& names,
                  library_facts& out) {
  for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= section.sh_size; at += sizeof(Elf64_Dyn)) {
    const auto entry = file.read<Elf64_Dyn>(section.sh_offset + at);
    if (!entry || entry->d_tag == DT_NULL) return;
    if (entry->d_tag == DT_NEEDED) out.needed.push_back(file.text(names, entry->d_un.d_val));
    if (entry->d_tag == DT_FLAGS_1 && (entry->d_un.d_val & DF_1_NODELETE) != 0)
      out.never_unloads = true;
  }
}

} // namespace

library_facts read_library(const std::string& path) {
  library_facts out;
  std::ifstream in(path, std::ios::binary);
  const elf_file file((std::ostringstream() << in.rdbuf()).str());
  out.problem = in ? header_problem(file) : "it cannot be read";
  if (!out.problem.empty()) return out;

  const auto header = *file.read<Elf64_Ehdr>(0);
  const auto section_at = [&](std::uint64_t index) {
    return file.read<Elf64_Shdr>(header.e_shoff + index * sizeof(Elf64_Shdr));
  };
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const auto section = section_at(i);
    const auto names = section->sh_link < header.e_shnum ? section_at(section->sh_link)
                                                         : std::optional<Elf64_Shdr>();
    if (!names) continue;
    if (section->sh_type == SHT_DYNSYM) read_symbols(file, *section, *names, out);
    if (section->sh_type == SHT_DYNAMIC) read_dynamic(file, *section, *names, out);
  }
  std::sort(out.exported.begin(), out.exported.end());
  return out;
}

std::string entry_problem(const library_facts& of, const std::string& path) {
  if (!of.problem.empty()) return path + " is no shared library: " + of.problem;
  if (std::binary_search(of.exported.begin(), of.exported.end(), PARLEY_PLUGIN_ENTRY_SYMBOL))
    return {};
  for (const std::string& name : of.exported)
    if (name.starts_with(entry_prefix))
      return path + " was built for another ABI: it exports " + name +
             ", and this server enters plugins by " PARLEY_PLUGIN_ENTRY_SYMBOL
             "; build it with this version of the SDK";
  return path + " is no plugin: it exports no " PARLEY_PLUGIN_ENTRY_SYMBOL
                "; write PARLEY_PLUGIN(class) in one of its sources";
}

} // namespace parley::plugin
