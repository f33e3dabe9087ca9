// What becomes of a resource when nobody but its schema is asked: what is computed is known only after it was made.
#pragma once

#include "deploy/provider/message_pack.h"
#include "deploy/provider/schema.h"

namespace slipway::deploy {

// `proposed` is what Terraform made of `config` and what was there; both are objects of `block`. Inside of sets what is
// computed stays null, so that a later plan finds the same elements.
Value planned_state(const SchemaBlock& block, const Value& config, Value proposed, bool is_new);

// Invents what is unknown: texts that say they are invented, empty collections. `seed` tells resources apart.
Value applied_state(const SchemaBlock& block, Value planned, const std::string& seed);

// Of a data source: what was given, and invented values for the rest.
Value data_of(const SchemaBlock& block, const Value& config, const std::string& seed);

// State as it was written down, of any version: what is missing is null.
Value upgraded_state(const SchemaBlock& block, const json::object& state);

}  // namespace slipway::deploy
