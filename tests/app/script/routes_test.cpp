#include "app/script/http_fixture.h"

namespace slipway::app {
namespace {

constexpr const char* kRoutes = R"lua(
route.get("/items/{n:int}/{name}", {summary = "One item", tag = "items", auth = false,
    query = {page = {type = "integer", default = 1, minimum = 1}, tags = {type = "array", items = {type = "string"}}}},
  function(request)
    return {n = request.params.n, name = request.params.name, page = request.query.page, tags = request.query.tags,
            other = request.query.other, method = request.method, path = request.path, agent = request.headers["user-agent"],
            id = request.request_id, body = request.body, user = request.user}
  end)
route.post("/items", {auth = false, status = 201, body = {type = "object", required = {"title"}, properties = {
    title = {type = "string", minLength = 1, maxLength = 5}, chat_id = {type = {"integer", "null"}}, stream = {type = "boolean", default = false}}}},
  function(request) return request.body end)
route.post("/form", {auth = false, form = true, body = {required = {"username"}, properties = {username = {type = "string"}, age = {type = "integer"}}}},
  function(request) return request.body end)
route.post("/upload", {auth = false, form = true, body = {required = {"file"}, properties = {file = {type = "string", format = "binary"}, namespace = {type = "string", default = "general"}}}},
  function(request) return {file = request.body.file, namespace = request.body.namespace, first = slipway.first_bytes{file = request.body.file}} end)
route.get("/me", function(request) return request.user end)
route.get("/text", {auth = false}, function() return "hello" end)
route.get("/nothing", {auth = false}, function() end)
route.delete("/gone", {auth = false}, function() return respond(204) end)
route.get("/teapot", {auth = false}, function() return respond(418, {short = true}, {["X-Handle"] = "left"}) end)
route.get("/html", {auth = false}, function() return respond(200, "<p>", {["Content-Type"] = "text/html; charset=utf-8"}) end)
route.get("/list", {auth = false}, function() return array{} end)
route.get("/bad/{what}", {auth = false}, function(request)
    local what = request.params.what
    if what == "number" then return 5 end
    if what == "status" then return respond(99) end
    if what == "split" then return respond(200, {}, {["X-A"] = "b\r\nX-Evil: 1"}) end
    if what == "framing" then return respond(200, {}, {["content-Length"] = "1"}) end
    if what == "function" then return {f = print} end
    error{code = "not_found", message = "There is no such thing.", details = {what = what}}
  end)
)lua";

TEST(ScriptRoutes, RequestReachesLuaWhole) {
    ScriptApplication application(kRoutes);
    net::Request request;
    request.path = "/items/5/a b";
    request.query = {{"page", "3"}, {"tags", "x"}, {"tags", "y"}, {"other", "7"}};
    request.headers.add("User-Agent", "test");
    EXPECT_EQ(
        shown(application.send(request)),
        R"(200 {"agent":"test","id":"request-1","method":"GET","n":5,"name":"a b","other":"7","page":3,"path":"/items/5/a b","tags":["x","y"]})");
    EXPECT_EQ(
        shown(application.send(net::Method::get, "/items/1/x", "", {{"page", "0"}})),
        R"(422 {"code":"invalid","message":"The query is not valid: page: Must be at least 1.","details":{"errors":[{"path":"page","message":"Must be at least 1.","type":"too_small"}]}})");
    EXPECT_EQ(shown(application.send(net::Method::get, "/items/1/x", "", {{"page", "two"}})).substr(0, 40),
              R"(422 {"code":"invalid","message":"The que)");
}

TEST(ScriptRoutes, BodyIsCheckedBeforeTheFunctionRuns) {
    ScriptApplication application(kRoutes);
    EXPECT_EQ(shown(application.send(net::Method::post, "/items", R"({"title":"abc","chat_id":null,"unknown":[]})")),
              R"(201 {"chat_id":null,"stream":false,"title":"abc","unknown":[]})");
    EXPECT_EQ(
        shown(application.send(net::Method::post, "/items", R"({"title":"abcdef","chat_id":"x"})")),
        R"j(422 {"code":"invalid","message":"The body is not valid: chat_id: Expected integer or null. (1 more)","details":{"errors":[{"path":"chat_id","message":"Expected integer or null.","type":"type"},{"path":"title","message":"Must have at most 5 characters, has 6.","type":"too_long"}]}})j");
    EXPECT_EQ(application.send(net::Method::post, "/items", "{").status, 422);
    EXPECT_EQ(application.send(net::Method::post, "/items", "").status, 422);
    EXPECT_EQ(application.send(net::Method::post, "/items", "[]").status, 422);
}

TEST(ScriptRoutes, FormsAndFilesArrive) {
    ScriptApplication application(kRoutes);
    application.host->bind("first_bytes", [](CallContext& context, json::value arguments) -> Task<json::value> {
        const auto* file = context.file(arguments.at("file"));
        if (!file) co_return fail(ErrorCode::invalid, "There is no file.");
        co_return json::value(std::string_view(file->data).substr(0, 4));
    });
    EXPECT_EQ(shown(application.send(net::Method::post, "/form", "username=a%20b&age=5&more=x")),
              R"(200 {"age":5,"more":"x","username":"a b"})");
    EXPECT_EQ(application.send(net::Method::post, "/form", "age=5").status, 422);
    net::Request upload;
    upload.method = net::Method::post;
    upload.path = "/upload";
    upload.headers.set("Content-Type", "multipart/form-data; boundary=XX");
    upload.body =
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: "
        "application/pdf\r\n\r\n%PDF\xFF\xFE\r\n--XX--\r\n";
    EXPECT_EQ(
        shown(application.send(upload)),
        R"(200 {"file":{"content_type":"application/pdf","filename":"a.pdf","index":1,"size":6},"first":"%PDF","namespace":"general"})");
    upload.body = "--XX\r\nContent-Disposition: form-data; name=\"namespace\"\r\n\r\nx\r\n--XX--\r\n";
    EXPECT_EQ(application.send(upload).status, 422);
}

TEST(ScriptRoutes, AuthenticationComesBeforeTheBody) {
    ScriptApplication application(kRoutes);
    EXPECT_EQ(application.send(net::Method::get, "/me").status, 401);
    net::Request request;
    request.path = "/me";
    request.headers.set("Authorization", "Bearer ada");
    EXPECT_EQ(shown(application.send(request)), R"(200 {"id":7,"name":"Ada"})");
    application.http->authenticate = {};
    EXPECT_EQ(application.send(net::Method::get, "/me").status, 401);
}

TEST(ScriptRoutes, AnswersOfEveryKind) {
    ScriptApplication application(kRoutes);
    EXPECT_EQ(shown(application.send(net::Method::get, "/text")), "200 hello");
    EXPECT_EQ(shown(application.send(net::Method::get, "/nothing")), "204 ");
    EXPECT_EQ(shown(application.send(net::Method::del, "/gone")), "204 ");
    EXPECT_EQ(shown(application.send(net::Method::get, "/list")), "200 []");
    const auto teapot = application.send(net::Method::get, "/teapot");
    EXPECT_EQ(shown(teapot), R"(418 {"short":true})");
    EXPECT_EQ(teapot.headers.get("x-handle"), "left");
    EXPECT_EQ(application.send(net::Method::get, "/html").headers.get("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(shown(application.send(net::Method::get, "/bad/other")),
              R"(404 {"code":"not_found","message":"There is no such thing.","details":{"what":"other"}})");
}

TEST(ScriptRoutes, AnswersThatCannotBeSentAreErrorsOfTheScript) {
    ScriptApplication application(kRoutes);
    const std::pair<const char*, const char*> cases[] = {{"number", "a handler returned a number"},
                                                         {"status", "the status 99"},
                                                         {"split", "a header that cannot be sent: X-A"},
                                                         {"framing", "respond() cannot set the header content-Length"},
                                                         {"function", "a function is not JSON"}};
    for (const auto& [what, message] : cases) {
        const auto answer = shown(application.send(net::Method::get, std::string("/bad/") + what));
        EXPECT_TRUE(answer.starts_with("500 ")) << answer;
        EXPECT_NE(answer.find(message), std::string::npos) << answer;
    }
    application.folder.options.development = false;
    ScriptApplication production(kRoutes);
    production.folder.options.development = false;
    production.host = std::make_unique<ScriptHost>(production.folder.options);
    EXPECT_EQ(
        shown(production.send(net::Method::get, "/bad/number")),
        R"(500 {"code":"internal","message":"The application's script failed; the log says where.","details":{}})");
}

TEST(ScriptRoutes, DescriptionsAreThereForOpenApi) {
    ScriptApplication application(kRoutes);
    application.load();
    const auto routes = application.host->routes();
    ASSERT_GE(routes.size(), 3U);
    EXPECT_EQ(routes[0].pattern, "/items/{n:int}/{name}");
    EXPECT_EQ(routes[0].operation.summary, "One item");
    EXPECT_EQ(routes[0].operation.tag, "items");
    EXPECT_FALSE(routes[0].operation.authenticated);
    EXPECT_EQ(routes[0].operation.parameters.at("page").at("minimum"), 1);
    EXPECT_EQ(routes[0].place, "routes.lua:2");
    EXPECT_EQ(routes[1].operation.success_status, 201);
    EXPECT_EQ(routes[1].operation.request_schema.at("required"), json::array{"title"});
    EXPECT_EQ(routes[2].operation.request_type, "application/x-www-form-urlencoded");
    EXPECT_EQ(routes[3].operation.request_type, "multipart/form-data");
    EXPECT_TRUE(routes[4].operation.authenticated);
}

TEST(ScriptRoutes, WrongDeclarationsAreNamedWithFileAndLine) {
    const std::pair<const char*, const char*> cases[] = {
        {"\nroute.get('/a', {sumary = 'x'}, function() end)",
         "routes.lua:2: route /a: option sumary: There is no such field. Did you mean summary?"},
        {"route.get('/a', {body = {type = 'text'}}, function() end)",
         "routes.lua:1: route /a: option body: schema: `type` must be"},
        {"route.get('/a', {query = {page = {minimun = 1}}}, function() end)", "did you mean `minimum`?"},
        {"route.get('a', function() end)", "routes.lua:1: The route 'a' does not begin with '/'."},
        {"route.get('/a//b', function() end)", "The route '/a//b' has an empty segment."},
        {"route.get('/{a}/{a}', function() end)", "has the parameter 'a' twice"},
        {"route.get('/{a:float}', function() end)", "has a bad segment '{a:float}'"},
        {"route.get('/{a:rest}/b', function() end)", "goes on after '{a:rest}', which takes all"},
        {"route.get('/x{a}', function() end)", "has a bad segment 'x{a}'"},
        {"route.get('/a', function() end)\nroute.get('/a', function() end)",
         "routes.lua:2: the route /a is declared already at routes.lua:1"},
        {"route.get('/a')", "table expected"},
        {"route.get('/a', {}, 5)", "function expected"},
        {"handler('a', function() end) handler('a', function() end)", "the handler 'a' is declared already"},
        {"local x = = 5", "routes.lua:1: unexpected symbol near '='"},
        {"error{code = 'invalid', message = 'no key'}", "no key"},
        {"slipway.anything{}", "routes.lua:1: attempt to call a nil value (field 'anything')"},
    };
    for (const auto& [text, message] : cases) {
        ScriptFolder folder;
        folder.write("routes.lua", text);
        ScriptHost host(folder.options);
        const auto loaded = host.load();
        ASSERT_FALSE(loaded) << text;
        EXPECT_EQ(loaded.error().code, ErrorCode::invalid);
        EXPECT_NE(loaded.error().message.find(message), std::string::npos) << loaded.error().message;
    }
    ScriptFolder empty;
    ScriptHost host(empty.options);
    EXPECT_FALSE(host.load());
}

TEST(ScriptRoutes, ErrorsOfTheServerLookLikeThoseOfTheScript) {
    ScriptApplication application(kRoutes);
    const auto match = application.load().match(net::Method::get, "/text");
    ASSERT_TRUE(match.route != nullptr && match.route->operation.render_error);
    const Error error{ErrorCode::invalid, "too large", {}};
    EXPECT_EQ(shown(match.route->operation.render_error({}, error)),
              R"(422 {"code":"invalid","message":"too large","details":{}})");
}

TEST(ScriptRoutes, PrefixesMoveRoutes) {
    ScriptApplication application(kRoutes);
    application.http->prefixes = {{"/items", "/v2/things"}, {"/html", ""}};
    EXPECT_EQ(application.send(net::Method::get, "/v2/things/1/x").status, 200);
    EXPECT_EQ(application.send(net::Method::get, "/items/1/x").status, 404);
    EXPECT_EQ(shown(application.send(net::Method::get, "/")), "200 <p>");
    EXPECT_EQ(shown(application.send(net::Method::get, "/text")), "200 hello");
    const RoutePrefixes prefixes{{"/api/v1", "/api"}, {"/whole", ""}};
    EXPECT_EQ(served_pattern(prefixes, "/api/v1/chats/{id:int}"), "/api/chats/{id:int}");
    EXPECT_EQ(served_pattern(prefixes, "/api/v1"), "/api");
    EXPECT_EQ(served_pattern(prefixes, "/api/v10/chats"), "/api/v10/chats");
    EXPECT_EQ(served_pattern(prefixes, "/other/api/v1"), "/other/api/v1");
    EXPECT_EQ(served_pattern(prefixes, "/whole/x"), "/x");
}

TEST(ScriptRoutes, ARouteThatIsServedAlreadyIsNamed) {
    ScriptApplication application(kRoutes);
    ASSERT_TRUE(application.host->load());
    net::Router router;
    router.add(net::Method::get, "/me", {},
               [](net::Request&) -> asio::awaitable<net::Response> { co_return net::Response::empty(); });
    const auto refused = add_script_routes(router, *application.host, application.http);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_NE(refused.error().message.find("GET /me is served already"), std::string::npos) << refused.error().message;
    application.http->prefixes = {{"/text", "/nothing"}};
    net::Router moved_onto_itself;
    EXPECT_FALSE(add_script_routes(moved_onto_itself, *application.host, application.http));
}

}  // namespace
}  // namespace slipway::app
