#include "face/web/page.h"

#include <gtest/gtest.h>

namespace slipway::face {
namespace {

std::string page_of(PageOptions options) {
    net::Router router;
    add_page(router, std::move(options));
    const auto match = router.match(net::Method::get, "/");
    net::Request request;
    request.headers.set("Accept", "text/html");
    const auto response = run_to_end(std::get<net::Handler>(match.route->handler)(request));
    return std::get<std::string>(response.body);
}

TEST(Page, SaysWhatTheApplicationIsFor) {
    PageOptions options;
    options.description = "Answers to \"everyday\" questions & <more>";
    const auto page = page_of(options);
    EXPECT_NE(page.find(R"(content="Answers to &quot;everyday&quot; questions &amp; &lt;more>")"), std::string::npos)
        << page.substr(0, 600);
    EXPECT_EQ(page.find("{{"), std::string::npos);
}

}  // namespace
}  // namespace slipway::face
