// A browser, as far as sign-in with a provider needs one: cookies, redirects that the test follows, forms.
#pragma once

#include <map>
#include <string>

#include "net/client.h"

namespace slipway::account::testing {

struct Page {
    int status = 0;
    std::string location;  // of a redirect, absolute
    std::string body;
};

class Browser {
 public:
    Page get(const std::string& url) { return send(net::Method::get, url, ""); }
    Page submit(const std::string& url, const net::Fields& form);
    // Follows redirects until one leads to `end`, filling in the provider's forms as this person; that address, or the
    // last one that was reached.
    std::string sign_in(std::string url, const std::string& person, const std::string& end, bool consents = true);

 private:
    Page send(net::Method method, const std::string& url, const std::string& body);

    net::Client client_;
    std::map<std::string, std::map<std::string, std::string>> cookies_;  // by host, whatever their path
};

std::string query_value(const std::string& url, std::string_view name);

}  // namespace slipway::account::testing
