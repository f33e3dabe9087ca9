#include "net/router.h"

#include <algorithm>
#include <stdexcept>

#include <gtest/gtest.h>

namespace slipway::net {
namespace {

asio::awaitable<Response> nothing(Request&) { co_return Response::empty(); }
asio::awaitable<void> no_socket(Request&, WebSocket&) { co_return; }

class RouterTest : public ::testing::Test {
 protected:
    void add(std::string pattern, Method method = Method::get) { router.add(method, std::move(pattern), {}, nothing); }
    std::string matched(std::string_view path, Method method = Method::get, bool upgrade = false) {
        const auto match = router.match(method, path, upgrade);
        return match.route == nullptr ? "" : match.route->pattern;
    }
    Router router;
};

TEST_F(RouterTest, LiteralsWinOverNumbersOverTextOverRest) {
    add("/items/new");
    add("/items/{n:int}");
    add("/items/{name}");
    add("/items/{path:rest}");
    EXPECT_EQ(matched("/items/new"), "/items/new");
    EXPECT_EQ(matched("/items/42"), "/items/{n:int}");
    EXPECT_EQ(matched("/items/4x2"), "/items/{name}");
    EXPECT_EQ(matched("/items/a/b"), "/items/{path:rest}");
    EXPECT_EQ(matched("/items"), "");
}

TEST_F(RouterTest, AReplacedRouteIsGone) {
    add("/sessions/{id}");
    router.replace(Method::get, "/sessions/{session}", {}, nothing);
    EXPECT_EQ(matched("/sessions/7"), "/sessions/{session}");
    EXPECT_EQ(router.routes().size(), 1U);
    EXPECT_THROW(router.replace(Method::post, "/sessions/{session}", {}, nothing), std::invalid_argument);
}

TEST_F(RouterTest, ParametersAreNamedByTheirRoute) {
    add("/chats/{chat}/messages/{message:int}");
    add("/files/{path:rest}");
    const auto match = router.match(Method::get, "/chats/a b/messages/7");
    const Fields expected{{"chat", "a b"}, {"message", "7"}};
    EXPECT_EQ(match.parameters, expected);
    EXPECT_EQ(router.match(Method::get, "/files/a/b/c.txt").parameters.front().second, "a/b/c.txt");
    EXPECT_EQ(matched("/files/"), "");
    EXPECT_EQ(matched("/chats//messages/7"), "");
}

TEST_F(RouterTest, ASearchThatFailsDeepTriesTheNextBranch) {
    add("/a/b/c");
    add("/a/{x}/d");
    add("/{y:rest}");
    EXPECT_EQ(matched("/a/b/c"), "/a/b/c");
    EXPECT_EQ(matched("/a/b/d"), "/a/{x}/d");
    EXPECT_EQ(matched("/a/b/e"), "/{y:rest}");
    EXPECT_EQ(router.match(Method::get, "/a/b/e").parameters.size(), 1U);
}

TEST_F(RouterTest, AMethodIsFoundBehindAMoreSpecificPathWithoutIt) {
    add("/chats/export", Method::post);
    add("/chats/{id}");
    EXPECT_EQ(matched("/chats/export"), "/chats/{id}");
    EXPECT_EQ(matched("/chats/export", Method::post), "/chats/export");
}

TEST_F(RouterTest, UnknownPathsAndMethodsAreToldApart) {
    add("/items/{id}");
    add("/items/{other}", Method::del);
    const auto wrong_method = router.match(Method::post, "/items/1");
    EXPECT_EQ(wrong_method.route, nullptr);
    const std::vector<Method> expected{Method::get, Method::head, Method::del};
    EXPECT_EQ(wrong_method.allowed, expected);
    EXPECT_TRUE(router.match(Method::post, "/nowhere").allowed.empty());
}

TEST_F(RouterTest, ATrailingSlashIsAcceptedAndRootIsARoute) {
    add("/");
    add("/health");
    add("/slash/");
    EXPECT_EQ(matched("/"), "/");
    EXPECT_EQ(matched("/health/"), "/health");
    EXPECT_EQ(matched("/slash"), "/slash/");
    EXPECT_EQ(matched("/health//"), "");
    EXPECT_EQ(matched("//health"), "");
}

TEST_F(RouterTest, HeadIsServedByGet) {
    add("/a");
    add("/b", Method::post);
    EXPECT_EQ(matched("/a", Method::head), "/a");
    EXPECT_EQ(matched("/b", Method::head), "");
}

TEST_F(RouterTest, WebSocketRoutesNeedAnUpgrade) {
    router.add_websocket("/ws", {}, no_socket);
    router.add_websocket("/both", {}, no_socket);
    add("/both");
    add("/plain");
    EXPECT_EQ(matched("/ws"), "");
    EXPECT_EQ(matched("/ws", Method::get, true), "/ws");
    EXPECT_TRUE(std::holds_alternative<Handler>(router.match(Method::get, "/both").route->handler));
    EXPECT_TRUE(std::holds_alternative<WebSocketHandler>(router.match(Method::get, "/both", true).route->handler));
    EXPECT_EQ(matched("/plain", Method::get, true), "/plain");
}

TEST_F(RouterTest, BadAndRepeatedPatternsAreRefused) {
    for (const auto* bad :
         {"", "a", "/a//b", "/{}", "/{a b}", "/x{a}", "/{a}x", "/{a:number}", "/{a:rest}/b", "/{a}/{a}", "/{a"}) {
        EXPECT_FALSE(check_pattern(bad)) << bad;
        EXPECT_THROW(add(bad), std::invalid_argument) << bad;
    }
    for (const auto* good : {"/", "/a/{b}/{c:int}/{d:rest}", "/a.b/~c/"}) EXPECT_TRUE(check_pattern(good)) << good;
    add("/items/{id}");
    EXPECT_THROW(add("/items/{name}"), std::invalid_argument);
    EXPECT_TRUE(router.has(Method::get, "/items/{other}"));
    EXPECT_FALSE(router.has(Method::post, "/items/{other}"));
    EXPECT_FALSE(router.has(Method::get, "/items/{other:int}"));
    EXPECT_FALSE(router.has_websocket("/items/{other}"));
}

TEST(OpenApi, DescribesParametersBodyResponsesAndSecurity) {
    Router router;
    Operation list{.summary = "Lists", .tag = "chats"};
    list.parameters = {{"limit", json::object{{"type", "integer"}, {"required", true}, {"description", "How many"}}},
                       {"after", json::object{{"type", "string"}}}};
    list.response_schema = json::object{{"type", "array"}};
    router.add(Method::get, "/api/chats/{id:int}/files/{path:rest}", list, nothing);
    Operation create{.success_status = 201, .authenticated = false};
    create.request_schema = json::object{{"type", "object"}};
    router.add(Method::post, "/api/chats", create, nothing);
    router.add(Method::get, "/secret", {.hidden = true}, nothing);
    router.add(Method::del, "/api/chats", {.success_status = 204}, nothing);
    router.add_websocket("/ws", {}, no_socket);

    const json::value document = openapi(router, "Test", "1.2.3");
    EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
    EXPECT_EQ(document.at_pointer("/info/version").as_string(), "1.2.3");
    const auto& paths = document.at("paths").as_object();
    EXPECT_EQ(paths.size(), 3U);
    const auto& get = paths.at("/api/chats/{id}/files/{path}").at("get");
    EXPECT_EQ(get.at("operationId").as_string(), "get_api_chats_id_files_path");
    EXPECT_EQ(get.at_pointer("/tags/0").as_string(), "chats");
    EXPECT_EQ(get.at_pointer("/parameters/0/schema/type").as_string(), "integer");
    EXPECT_EQ(get.at_pointer("/parameters/0/in").as_string(), "path");
    EXPECT_EQ(get.at_pointer("/parameters/1/name").as_string(), "path");
    EXPECT_EQ(get.at_pointer("/parameters/2/name").as_string(), "limit");
    EXPECT_TRUE(get.at_pointer("/parameters/2/required").as_bool());
    EXPECT_FALSE(get.at_pointer("/parameters/2/schema").as_object().contains("required"));
    EXPECT_FALSE(get.at_pointer("/parameters/3/required").as_bool());
    EXPECT_EQ(get.at_pointer("/responses/200/content/application~1json/schema/type").as_string(), "array");
    EXPECT_EQ(get.at_pointer("/responses/default/$ref").as_string(), "#/components/responses/Error");
    EXPECT_TRUE(get.at_pointer("/security/0/bearer").is_array());
    EXPECT_FALSE(get.as_object().contains("requestBody"));
    const auto& post = paths.at("/api/chats").at("post");
    EXPECT_EQ(post.at_pointer("/requestBody/content/application~1json/schema/type").as_string(), "object");
    EXPECT_TRUE(post.at("responses").as_object().contains("201"));
    EXPECT_FALSE(post.as_object().contains("security"));
    EXPECT_FALSE(paths.at("/api/chats").at("delete").at_pointer("/responses/204").as_object().contains("content"));
    EXPECT_TRUE(paths.at("/ws").at("get").at("responses").as_object().contains("101"));
    EXPECT_EQ(document.at_pointer("/components/securitySchemes/bearer/scheme").as_string(), "bearer");
    EXPECT_EQ(document.at_pointer("/components/responses/Error/content/application~1json/schema/$ref").as_string(),
              "#/components/schemas/Error");
    EXPECT_EQ(document.at_pointer("/components/schemas/Error/properties/error/properties/code/enum").as_array().size(),
              10U);
    const json::value own = openapi(router, "Test", "1", json::object{{"type", "string"}});
    EXPECT_EQ(own.at_pointer("/components/schemas/Error/type").as_string(), "string");
}

}  // namespace
}  // namespace slipway::net
