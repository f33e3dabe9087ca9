// The page at /: plain HTML, CSS and JavaScript inside the binary. It signs in, asks, shows the answer as it grows, and
// its sources.
#pragma once

#include <string>
#include <vector>

#include "net/router.h"

namespace slipway::face {

struct PageOptions {
    std::string title;
    std::string description;  // for search engines and link previews
    std::string tagline;
    std::vector<std::string> starters;  // questions to begin with
    bool demo = false;                  // offer the demo user
    bool registration = true;
    json::object about;  // what programs that do not ask for HTML get at /
};

// GET / (HTML, or `about` as JSON, by Accept), /page.css, /page.js, /page.json (the options); /account, which the links
// in mails open, and /account.js. Nothing from another host
// is loaded; a strict Content-Security-Policy says so.
void add_page(net::Router& router, PageOptions options);

}  // namespace slipway::face
