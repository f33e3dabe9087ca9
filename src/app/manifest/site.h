// Sections `script` and `site`: the application's own Lua, and the page at /.
#pragma once

#include <string>
#include <vector>

#include "app/manifest/keys.h"
#include "app/script/host.h"

namespace slipway::app {

// What errors of the script's routes look like.
enum class ErrorForm : unsigned char {
    standard,  // {"error": {"code", "message", …}}
    detail,    // {"detail": …}, as FastAPI's clients expect it
    own,       // as script.error says
};

// face/api/own_errors.h
struct OwnErrorSection {
    TextMap body, codes, statuses;
    bool everywhere = false;
};

struct ScriptSection {
    std::vector<std::string>
        files;  // relative to the folder; after loading `routes.lua` when that exists and nothing is said
    ErrorForm errors = ErrorForm::standard;
    OwnErrorSection error;
    TextMap prefixes;  // of patterns: as declared → as served, without a slash at the end
    ScriptLimits limits;
};

struct SiteSection {
    bool enabled = true;
    std::string title;  // after loading: the application's title when left out
    std::string tagline;
    std::vector<std::string> starters;
    bool demo = true;
};

void describe(Keys& keys, ScriptSection& script);
void describe(Keys& keys, SiteSection& site);

}  // namespace slipway::app
