#include "search.hpp"

#include "statements.hpp"

#include <algorithm>

namespace parley::storage_postgres {
namespace {

// Of a text, so that its lexemes stay below a tsvector's megabyte; what is beyond is not found.
constexpr const char* indexed_characters = "200000";

std::string lexemes_of(const std::string& words) {
  return "array_to_tsvector(string_to_array(left(" + words + ", " + indexed_characters + "), ' '))";
}

// With a blank around every word.
std::string list_of(const std::string& words) {
  return "(' ' || " + words + " || ' ')";
}

std::vector<std::string_view> split(std::string_view words) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (end != at) out.push_back(words.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// The words, as a tsquery is written.
std::string lexeme_query(const parley_search_term& term) {
  std::string out;
  const std::vector<std::string_view> words = split(view(term.words));
  const char* const joint = term.kind == PARLEY_TERM_ANY ? " | '" : " & '";
  for (const std::string_view each : words) {
    out += out.empty() ? "'" : joint;
    for (const char c : each) out.append(c == '\'' || c == '\\' ? 2 : 1, c);
    out += '\'';
  }
  return term.kind == PARLEY_TERM_PREFIX ? out + ":*" : out;
}

// What is to be seen in a list of words.
std::string sequence(const parley_search_term& term) {
  std::string out;
  for (const std::string_view each : split(view(term.words))) out.append(" ").append(each);
  return term.kind == PARLEY_TERM_PREFIX ? out : out + " ";
}

const char* fault_of_ranges(const layout& known, const parley_driver_search& what) {
  if (what.range_count == 0) return nullptr;
  const shape& by = known.shapes[what.collection];
  if (what.range_text >= by.columns.size() || what.range_from >= by.columns.size()) {
    return "unknown column";
  }
  const auto type = [&](std::uint32_t of) {
    return known.tables[by.table].columns[by.columns[of]].type;
  };
  const bool fit =
      type(what.range_text) == PARLEY_COLUMN_TEXT && type(what.range_from) == PARLEY_COLUMN_INTEGER;
  return fit ? nullptr : "a range is of a text and a whole number";
}

class search_statement {
 public:
  search_statement(const layout& known, const parley_driver_search& what)
      : what_(what), by_(known.shapes[what.collection]), of_(known.tables[by_.table]) {}

  query made(std::uint32_t ranked) {
    std::string found, rank;
    for (std::uint32_t i = 0; i < what_.term_count; ++i) {
      add_term(what_.terms[i], found, rank);
    }
    if (what_.range_count != 0) add_ranges(found);
    std::string order;
    for (const std::uint32_t each : of_.key()) order += ", " + ordered(of_, each, true);
    out_.sql = "SELECT " + column_list(of_, by_.columns) + " FROM (SELECT * FROM " +
               table_name(of_) + " WHERE " + found + " LIMIT " + next(std::int64_t{ranked}) +
               ") AS t ORDER BY " + rank + " DESC" + order + " LIMIT " +
               next(std::int64_t{what_.limit} + 1) + " OFFSET " + next(std::int64_t{what_.skip});
    return std::move(out_);
  }

 private:
  template <typename What>
  std::string next(const What& what) {
    out_.with.add(what);
    return "$" + std::to_string(out_.with.count());
  }

  // Looked up row by row in an object that is made once, whatever the planner thinks of a join.
  void add_ranges(std::string& found) {
    cells texts, numbers;
    for (std::uint32_t i = 0; i < what_.range_count; ++i) {
      texts.push_back({PARLEY_STRING, 0, {.text = what_.ranges[i].text}});
      numbers.push_back(cell(what_.ranges[i].from));
    }
    found += " AND " + column_name(what_.range_from) + " >= ((SELECT jsonb_object(" +
             next_array(PARLEY_COLUMN_TEXT, texts) + ", " +
             next_array(PARLEY_COLUMN_INTEGER, numbers) + "::text[])) ->> " +
             column_name(what_.range_text) + ")::int8";
  }

  std::string column_name(std::uint32_t of) const {
    return quoted(of_.columns[by_.columns[of]].name);
  }

  std::string next_array(std::int32_t type, const cells& of) {
    std::vector<const parley_cell*> each;
    for (const parley_cell& one : of) each.push_back(&one);
    out_.with.add_array(type, each);
    return "$" + std::to_string(out_.with.count());
  }

  // The more of a text is what was looked for, the better.
  void add_term(const parley_search_term& term, std::string& found, std::string& rank) {
    const std::string lexemes = next(lexeme_query(term)) + "::tsquery";
    const bool is_any = term.kind == PARLEY_TERM_ANY;
    const std::string words = is_any ? std::string() : next(sequence(term));
    found += found.empty() ? "(" : " AND (";
    for (std::uint32_t i = 0; i < term.column_count; ++i) {
      const std::string column = quoted(of_.columns[by_.searched[term.columns[i]]].name);
      const std::string list = list_of(column);
      if (i != 0) found += " OR ";
      found += "(" + lexemes_of(column) + " @@ " + lexemes;
      if (is_any) {
        found += ")";
        continue;
      }
      found += " AND strpos(" + list + ", " + words + ") > 0)";
      rank += (rank.empty() ? "" : " + ") + std::string("coalesce(1 - octet_length(replace(") +
              list + ", " + words + ", ''))::float8 / octet_length(" + list + "), 0)";
    }
    found += ")";
  }

  const parley_driver_search& what_;
  const shape& by_;
  const table& of_;
  query out_;
};

} // namespace

std::string search_index_name(const table& of, const shape& by) {
  std::string name = of.name + ":search";
  for (const std::uint32_t each : by.searched) name += ":" + of.columns[each].name;
  return short_name(name);
}

std::string create_search_index(const table& of, const shape& by) {
  std::string columns;
  for (const std::uint32_t each : by.searched) {
    columns += (columns.empty() ? "" : ", ") + lexemes_of(quoted(of.columns[each].name));
  }
  // A list of pending entries would be emptied by one commit in some thousand, and hold up the
  // rest.
  return "CREATE INDEX " + quoted(search_index_name(of, by)) + " ON " + table_name(of) +
         " USING gin(" + columns + ") WITH (fastupdate = off)";
}

const char* fault_of(const layout& known, const parley_driver_search& what) {
  if (what.collection >= known.shapes.size()) return "unknown collection";
  if (what.term_count == 0) return "a search has at least one term";
  const std::size_t places = known.shapes[what.collection].searched.size();
  for (std::uint32_t i = 0; i < what.term_count; ++i) {
    const parley_search_term& term = what.terms[i];
    if (term.column_count == 0 || std::any_of(term.columns, term.columns + term.column_count,
                                              [&](std::uint32_t each) { return each >= places; })) {
      return "unknown words";
    }
    if (split(view(term.words)).empty()) return "a term has at least one word";
  }
  return fault_of_ranges(known, what);
}

query search_query(const layout& known, const parley_driver_search& what, std::uint32_t ranked) {
  return search_statement(known, what).made(ranked);
}

} // namespace parley::storage_postgres
