#include "face/api/access.h"

#include <gtest/gtest.h>

namespace slipway::face {
namespace {

TEST(Body, MayBeAsLongAsItsRouteAllows) {
    net::Request request;
    request.body = R"({"content":")" + std::string(17 << 20, 'a') + "\"}";
    const auto body = body_of(request, schema({{"content", text_schema()}}, {"content"}));
    ASSERT_TRUE(body) << body.error().message;
    EXPECT_EQ(text_or(*body, "content").size(), 17U << 20);
}

TEST(Body, ThatIsMissingIsAnEmptyObject) {
    const net::Request request;
    EXPECT_TRUE(body_of(request, schema({{"title", text_schema()}})));
    EXPECT_FALSE(body_of(request, schema({{"title", text_schema()}}, {"title"})));
}

}  // namespace
}  // namespace slipway::face
