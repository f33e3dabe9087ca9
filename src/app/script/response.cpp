#include "app/script/http.h"
#include "app/script/values.h"
#include "base/text.h"
#include "net/field.h"

namespace slipway::app {
namespace {

constexpr std::size_t kHeaderValueBytesMax = 8192;

// The server frames the message; a script that could write these could smuggle.
bool is_framing(std::string_view name) {
    for (const auto* framing : {"content-length", "transfer-encoding", "connection", "upgrade", "trailer"})
        if (equal_ignoring_case(name, framing)) return true;
    return false;
}

void read_response_headers(lua_State* lua, int index, net::Headers& headers) {
    if (lua_isnil(lua, index)) return;
    luaL_checktype(lua, index, LUA_TTABLE);
    for (lua_pushnil(lua); lua_next(lua, index) != 0; lua_pop(lua, 1)) {
        charge(lua, 10);
        if (lua_type(lua, -2) != LUA_TSTRING || lua_isstring(lua, -1) == 0)
            raise(lua, "headers of respond() are a table of texts");
        const auto name = text_at(lua, -2);
        lua_pushvalue(lua, -1);
        const std::string value(text_at(lua, -1));
        lua_pop(lua, 1);
        if (!net::is_field_name(name) || value.size() > kHeaderValueBytesMax || !net::is_field_value(value))
            raise(lua, "respond() was given a header that cannot be sent: {}", to_valid_utf8(name.substr(0, 64)));
        if (is_framing(name)) raise(lua, "respond() cannot set the header {}; the server does", name);
        headers.set(name, value);
    }
}

net::Response body_response(lua_State* lua, int index, int status) {
    if (lua_isnil(lua, index)) return net::Response::empty(status);
    if (lua_type(lua, index) == LUA_TSTRING) return net::Response::text(status, read_message(lua, index));
    if (!lua_istable(lua, index) && !is_null(lua, index))
        raise(lua, "a handler returned a {}", luaL_typename(lua, index));
    return net::Response::of_json(status, read_json(lua, index));
}

// {status, body, headers} of respond().
net::Response read_respond(lua_State* lua) {
    lua_rawgeti(lua, 1, 1);
    const auto status = lua_tointeger(lua, -1);
    if (status < 200 || status > 599) raise(lua, "respond() was given the status {}; there are 200 to 599", status);
    lua_rawgeti(lua, 1, 2);
    lua_rawgeti(lua, 1, 3);
    const int headers = lua_gettop(lua);
    auto response = body_response(lua, headers - 1, static_cast<int>(status));
    read_response_headers(lua, headers, response.headers);
    return response;
}

}  // namespace

std::string read_message(lua_State* lua, int index) {
    if (lua_type(lua, index) != LUA_TSTRING) return write_json(read_json(lua, index));
    const auto value = read_json(lua, index);
    return to_text(value.get_string());
}

ScriptAnswer read_answer(lua_State* lua, const ScriptRoute& route) {
    lua_settop(lua, 1);
    if (lua_isnil(lua, 1)) return net::Response::empty(204);
    if (has_mark(lua, 1, ScriptMark::response)) return read_respond(lua);
    if (has_mark(lua, 1, ScriptMark::events)) {
        auto& references = state_of(lua).lane()->call().references;
        references.reserve(references.size() + 1);
        lua_rawgeti(lua, 1, 1);
        references.push_back(luaL_ref(lua, LUA_REGISTRYINDEX));
        return ScriptEvents{references.back()};
    }
    return body_response(lua, 1, route.operation.success_status);
}

}  // namespace slipway::app
