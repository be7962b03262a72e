#pragma once

// What the owner of a scope answers when the kernel asks for a principal and a place.

#include "parley/storage.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace parley {

class scope_access {
 public:
  scope_access() = default; // none
  // With this role; `from` is the first number of the place's topic that may be read.
  explicit scope_access(std::string role, std::int64_t from = 1)
      : role_(std::move(role)), from_(from) {}

  // Joins the batch of the call that asks, so that the answer cannot go stale.
  scope_access& require(const condition& what) {
    conditions_.push_back(what.what());
    return *this;
  }

  friend parley_slot encode(const arena& a, const scope_access& in) {
    static constexpr std::array<parley_str, 3> names{to_c("role"), to_c("from"),
                                                     to_c("conditions")};
    std::array<parley_slot, 3> slots{};
    if (!in.role_.empty()) {
      slots[0] = parley::encode(a, in.role_);
      slots[1] = parley::encode(a, in.from_);
      slots[2] = parley::encode(a, in.conditions_);
    }
    return encode_fields(a, names, slots);
  }

 private:
  std::string role_;
  std::int64_t from_ = 1;
  std::vector<value> conditions_;
};

// One place of a principal, for the list that a reconnect needs.
class scope_place {
 public:
  explicit scope_place(std::string id, std::int64_t from = 1) : id_(std::move(id)), from_(from) {}

  friend parley_slot encode(const arena& a, const scope_place& in) {
    static constexpr std::array<parley_str, 2> names{to_c("place"), to_c("from")};
    const std::array<parley_slot, 2> slots{parley::encode(a, in.id_), parley::encode(a, in.from_)};
    return encode_fields(a, names, slots);
  }

 private:
  std::string id_;
  std::int64_t from_ = 1;
};

} // namespace parley
