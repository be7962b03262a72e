#pragma once

// What `parleyctl person …` asks of a running server, as person/service.hpp says it.
//
//   {"do": "person.export", "account": "ID"}          → how far it is
//   {"do": "person.erase", "account": "ID"}           → the same
//   {"do": "person.state", "account": "ID"}           → the same
//   {"do": "person.part", "account": "ID", "part": N} → {"text": "…"}
//   {"do": "person.taken", "account": "ID"}           → {"taken": true}
// Each may answer {"error": "a sentence"} instead.

#include "person/service.hpp"

#include <boost/json.hpp>

namespace parley {

// [logic] `answer` is called once. False where it is none of these orders.
bool run_person_command(person::service& of, const boost::json::object& asked,
                        const person::service::told& answer);

} // namespace parley
