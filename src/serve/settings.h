// What an application has been given and what it does without: told at the start, so that nobody finds out later that a
// variable was not set.
#pragma once

#include <string>
#include <vector>

#include "app/manifest/manifest.h"

namespace slipway::serve {

struct Setting {
    std::string name;   // "database", "chat model"
    std::string value;  // for people, without secrets: an engine and its place, a model
    // False: it is what the program brings along, good for one machine.
    bool configured = false;
    std::string set_by;  // the variables that change it, by ", "; a key of the manifest where it reads none
};

// `chat_model`, `embedding_model`: names of those that were opened; an empty embedding model is none.
std::vector<Setting> settings_of(const app::Manifest& manifest, const std::string& chat_model,
                                 const std::string& embedding_model);

}  // namespace slipway::serve
