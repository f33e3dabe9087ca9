// route.get, route.post, …, route.websocket, handler and job: what files declare while they are loaded.
#include <cctype>

#include "app/script/sandbox.h"
#include "app/script/state.h"
#include "app/script/values.h"
#include "base/json_schema.h"
#include "base/text.h"

namespace slipway::app {
namespace {

constexpr lua_Integer kWebSocket = -1;

const json::value& options_schema() {
    static const json::value schema = json::parse(R"({"type":"object","additionalProperties":false,"properties":{
        "summary":{"type":"string"}, "tag":{"type":"string"}, "query":{"type":"object"}, "body":{"type":"object"},
        "response":{"type":"object"}, "response_type":{"type":"string"},
        "status":{"type":"integer","minimum":200,"maximum":299},
        "auth":{"type":"boolean"}, "body_max":{"type":"integer","minimum":1}, "time_max":{"type":"integer","minimum":1},
        "form":{"type":"boolean"}, "hidden":{"type":"boolean"}, "replaces":{"type":"boolean"},
        "scope":{"type":"string","minLength":1,"maxLength":64},
        "workspace":{"type":"string","minLength":1,"maxLength":64}}})");
    return schema;
}

std::string place_of_call(lua_State* lua) {
    luaL_where(lua, 1);
    std::string place(text_at(lua, -1));
    lua_pop(lua, 1);
    while (place.ends_with(' ') || place.ends_with(':')) place.pop_back();
    return place;
}

std::string problem_of_options(const json::value& options) {
    const auto errors = schema_errors(options_schema(), options);
    if (!errors.empty()) {
        std::vector<std::string_view> names;
        for (const auto& [name, unused] : options_schema().at("properties").as_object()) names.emplace_back(name);
        const auto near = errors[0].type == "unknown_field" ? nearest(errors[0].path, names) : std::string_view();
        return fmt::format("option {}: {}{}", errors[0].path, errors[0].message,
                           near.empty() ? "" : fmt::format(" Did you mean {}?", near));
    }
    const auto& object = options.as_object();
    for (const char* name : {"body", "response"})
        if (const auto* schema = find(object, name))
            if (const auto checked = check_schema(*schema); !checked)
                return fmt::format("option {}: {}", name, checked.error().message);
    if (const auto* query = object_in(object, "query"))
        for (const auto& [name, schema] : *query)
            if (const auto checked = check_schema(schema); !checked)
                return fmt::format("option query.{}: {}", std::string_view(name), checked.error().message);
    return {};
}

net::Operation operation_of(const json::object& options) {
    net::Operation operation;
    operation.summary = text_or(options, "summary");
    operation.tag = text_or(options, "tag");
    if (const auto* query = object_in(options, "query")) operation.parameters = *query;
    if (const auto* body = find(options, "body")) operation.request_schema = *body;
    if (const auto* response = find(options, "response")) operation.response_schema = *response;
    operation.success_status = static_cast<int>(integer_or(options, "status", operation.success_status));
    operation.response_type = text_or(options, "response_type", operation.response_type);
    operation.authenticated = bool_or(options, "auth", true);
    operation.body_bytes_max =
        static_cast<std::size_t>(integer_or(options, "body_max", static_cast<std::int64_t>(operation.body_bytes_max)));
    operation.time_max = Milliseconds(integer_or(options, "time_max", operation.time_max.count()));
    operation.hidden = bool_or(options, "hidden", false);
    operation.scope = text_or(options, "scope");
    operation.workspace = text_or(options, "workspace");
    return operation;
}

// A file among the fields makes it multipart; {format = "binary"} marks one.
std::string form_type(const json::value& schema) {
    const auto* properties = schema.is_object() ? object_in(schema.get_object(), "properties") : nullptr;
    if (properties)
        for (const auto& [name, property] : *properties)
            if (property.is_object() && text_or(property.get_object(), "format") == "binary")
                return "multipart/form-data";
    return "application/x-www-form-urlencoded";
}

std::size_t keep_function(lua_State* lua, int index) {
    auto& functions = state_of(lua).declarations().functions;
    functions.reserve(functions.size() + 1);
    lua_pushvalue(lua, index);
    functions.push_back(luaL_ref(lua, LUA_REGISTRYINDEX));
    return functions.size() - 1;
}

void refuse_twice(lua_State* lua, const ScriptRoute& route) {
    for (const auto& other : state_of(lua).declarations().routes)
        if (other.pattern == route.pattern && other.websocket == route.websocket && other.method == route.method)
            raise(lua, "the route {} is declared already at {}", route.pattern, other.place);
}

// route.get(pattern, [options,] function); upvalue 1 is the method.
int declare_route(lua_State* lua) {
    auto& state = state_of(lua);
    if (!state.loading()) raise(lua, "routes can only be declared while the files are loaded");
    if (lua_gettop(lua) == 2) {
        lua_newtable(lua);
        lua_insert(lua, 2);
    }
    luaL_checktype(lua, 2, LUA_TTABLE);
    luaL_checktype(lua, 3, LUA_TFUNCTION);
    const auto method = lua_tointeger(lua, lua_upvalueindex(1));
    ScriptRoute route;
    route.websocket = method == kWebSocket;
    route.method = route.websocket ? net::Method::get : static_cast<net::Method>(method);
    route.pattern = text_at(lua, 1);
    route.place = place_of_call(lua);
    if (const auto valid = net::check_pattern(route.pattern); !valid) raise(lua, "{}", valid.error().message);
    const auto options = read_json(lua, 2);
    if (const auto problem = problem_of_options(options); !problem.empty())
        raise(lua, "route {}: {}", route.pattern, problem);
    route.operation = operation_of(options.as_object());
    route.form = bool_or(options.as_object(), "form", false);
    route.replaces = bool_or(options.as_object(), "replaces", false);
    if (route.form) route.operation.request_type = form_type(route.operation.request_schema);
    refuse_twice(lua, route);
    if (state.declarations().routes.size() >= kScriptRoutesMax)
        raise(lua, "there are more than {} routes", kScriptRoutesMax);
    route.handler = keep_function(lua, 3);
    state.declarations().routes.push_back(std::move(route));
    return 0;
}

void keep_handler(lua_State* lua, std::string_view what, std::string name) {
    auto& state = state_of(lua);
    if (!state.loading()) raise(lua, "{}s can only be declared while the files are loaded", what);
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    if (state.declarations().handlers.contains(name))
        raise(lua, "the {} '{}' is declared already", what, text_at(lua, 1));
    state.declarations().handlers[std::move(name)] = keep_function(lua, 2);
}

// handler(name, function)
int declare_handler(lua_State* lua) {
    const auto name = text_at(lua, 1);
    if (name.empty()) raise(lua, "a handler needs a name");
    keep_handler(lua, "handler", std::string(name));
    return 0;
}

// job(name, function)
int declare_job(lua_State* lua) {
    const auto name = text_at(lua, 1);
    if (name.empty() || name.size() > kScriptJobNameBytesMax ||
        name.find_first_not_of(kScriptJobNameCharacters) != std::string_view::npos)
        raise(lua, "'{}' is no name of a job: it has letters, digits, '-' and '_', at most {}", name,
              kScriptJobNameBytesMax);
    keep_handler(lua, "job", job_handler(name));
    return 0;
}

// respond(status, table_or_text, headers): checked when the handler returns it.
int respond(lua_State* lua) {
    luaL_checkinteger(lua, 1);
    lua_settop(lua, 3);
    lua_createtable(lua, 3, 0);
    lua_insert(lua, 1);
    for (int i = 3; i >= 1; --i) lua_rawseti(lua, 1, i);
    set_mark(lua, 1, ScriptMark::response);
    return 1;
}

// events(function(send) … end)
int make_events(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    lua_settop(lua, 1);
    lua_createtable(lua, 1, 0);
    lua_insert(lua, 1);
    lua_rawseti(lua, 1, 1);
    set_mark(lua, 1, ScriptMark::events);
    return 1;
}

void add_method(lua_State* lua, const char* name, lua_Integer method) {
    lua_pushinteger(lua, method);
    lua_pushcclosure(lua, guarded<declare_route>, 1);
    lua_setfield(lua, -2, name);
}

}  // namespace

void open_declarations(lua_State* lua) {
    const luaL_Reg own[] = {{"handler", guarded<declare_handler>},
                            {"job", guarded<declare_job>},
                            {"respond", guarded<respond>},
                            {"events", guarded<make_events>},
                            {nullptr, nullptr}};
    luaL_setfuncs(lua, own, 0);
    lua_newtable(lua);
    add_method(lua, "get", static_cast<lua_Integer>(net::Method::get));
    add_method(lua, "post", static_cast<lua_Integer>(net::Method::post));
    add_method(lua, "put", static_cast<lua_Integer>(net::Method::put));
    add_method(lua, "patch", static_cast<lua_Integer>(net::Method::patch));
    add_method(lua, "delete", static_cast<lua_Integer>(net::Method::del));
    add_method(lua, "websocket", kWebSocket);
    lock_table(lua, "route");
    lua_setfield(lua, -2, "route");
}

}  // namespace slipway::app
