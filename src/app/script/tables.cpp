// The table library with every loop charged: Lua's own may run for ever in one C function, because __len may answer
// 2^62.
#include <vector>

#include "app/script/sandbox.h"
#include "app/script/state.h"

namespace slipway::app {
namespace {

constexpr lua_Integer kSortItemsMax = 1'000'000;

lua_Integer length_of(lua_State* lua, int index) {
    luaL_checktype(lua, index, LUA_TTABLE);
    return luaL_len(lua, index);
}

int table_insert(lua_State* lua) {
    const auto next = static_cast<lua_Integer>(static_cast<lua_Unsigned>(length_of(lua, 1)) + 1U);
    auto position = next;
    if (lua_gettop(lua) == 3) {
        position = luaL_checkinteger(lua, 2);
        luaL_argcheck(lua, static_cast<lua_Unsigned>(position) - 1U < static_cast<lua_Unsigned>(next), 2,
                      "position out of bounds");
        for (auto i = next; i > position; --i) {
            charge(lua, 1);
            lua_geti(lua, 1, i - 1);
            lua_seti(lua, 1, i);
        }
    } else if (lua_gettop(lua) != 2) {
        raise(lua, "wrong number of arguments to 'insert'");
    }
    lua_seti(lua, 1, position);
    return 0;
}

int table_remove(lua_State* lua) {
    const auto size = length_of(lua, 1);
    auto position = luaL_optinteger(lua, 2, size);
    if (position != size)
        luaL_argcheck(lua, static_cast<lua_Unsigned>(position) - 1U <= static_cast<lua_Unsigned>(size), 2,
                      "position out of bounds");
    lua_geti(lua, 1, position);
    for (; position < size; ++position) {
        charge(lua, 1);
        lua_geti(lua, 1, position + 1);
        lua_seti(lua, 1, position);
    }
    lua_pushnil(lua);
    lua_seti(lua, 1, position);
    return 1;
}

int table_concat(lua_State* lua) {
    const auto size = length_of(lua, 1);
    const std::string_view separator = lua_isnoneornil(lua, 2) ? std::string_view() : text_at(lua, 2);
    const auto first = luaL_optinteger(lua, 3, 1);
    const auto last = luaL_optinteger(lua, 4, size);
    ScriptText result(lua);
    for (auto i = first; i <= last; ++i) {
        charge(lua, 1);
        lua_geti(lua, 1, i);
        if (lua_isstring(lua, -1) == 0) raise(lua, "invalid value (at index {}) in table for 'concat'", i);
        if (i != first) result.append(separator);
        result.append(text_at(lua, -1));
        lua_pop(lua, 1);
        if (i == last) break;  // last may be the greatest integer
    }
    return result.push();
}

int table_unpack(lua_State* lua) {
    const auto first = luaL_optinteger(lua, 2, 1);
    const auto last = lua_isnoneornil(lua, 3) ? luaL_len(lua, 1) : luaL_checkinteger(lua, 3);
    if (first > last) return 0;
    const auto count = static_cast<lua_Unsigned>(last) - static_cast<lua_Unsigned>(first);
    if (count >= 1'000'000U || lua_checkstack(lua, static_cast<int>(count) + 1) == 0)
        raise(lua, "too many results to unpack");
    for (lua_Unsigned i = 0; i <= count; ++i) {
        charge(lua, 1);
        lua_geti(lua, 1, first + static_cast<lua_Integer>(i));
    }
    return static_cast<int>(count) + 1;
}

// move(from, first, last, target, to = from)
int table_move(lua_State* lua) {
    const auto first = luaL_checkinteger(lua, 2);
    const auto last = luaL_checkinteger(lua, 3);
    const auto target = luaL_checkinteger(lua, 4);
    const int to = lua_isnoneornil(lua, 5) ? 1 : 5;
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checktype(lua, to, LUA_TTABLE);
    if (last >= first) {
        luaL_argcheck(lua, first > 0 || last < LUA_MAXINTEGER + first, 3, "too many elements to move");
        const auto count = last - first + 1;
        luaL_argcheck(lua, target <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
        // Backwards when the two overlap so that going forwards would read what was already written.
        const bool backwards = target > first && target <= last && (to == 1 || lua_compare(lua, 1, to, LUA_OPEQ) != 0);
        for (lua_Integer i = 0; i < count; ++i) {
            charge(lua, 1);
            const auto offset = backwards ? count - 1 - i : i;
            lua_geti(lua, 1, first + offset);
            lua_seti(lua, to, target + offset);
        }
    }
    lua_pushvalue(lua, to);
    return 1;
}

// Sorts numbers of items that lie in the table at index 3; stable; a comparator that contradicts itself does no harm.
class Sorter {
 public:
    Sorter(lua_State* lua, std::uint32_t count) : lua_(lua), order_(count), scratch_(count) {
        for (std::uint32_t i = 0; i < count; ++i) order_[i] = i + 1;
    }

    const std::vector<std::uint32_t>& sorted() {
        for (std::size_t width = 1; width < order_.size(); width *= 2) {
            for (std::size_t begin = 0; begin < order_.size(); begin += 2 * width) merge(begin, width);
            order_.swap(scratch_);
        }
        return order_;
    }

 private:
    void merge(std::size_t begin, std::size_t width) {
        const auto middle = std::min(begin + width, order_.size());
        const auto end = std::min(begin + 2 * width, order_.size());
        auto left = begin;
        auto right = middle;
        for (auto out = begin; out < end; ++out) {
            const bool take_right = right < end && (left >= middle || less(order_[right], order_[left]));
            scratch_[out] = order_[take_right ? right++ : left++];
        }
    }

    bool less(std::uint32_t a, std::uint32_t b) {
        charge(lua_, 3);
        const bool own = lua_isfunction(lua_, 2);
        if (own) lua_pushvalue(lua_, 2);
        lua_rawgeti(lua_, 3, a);
        lua_rawgeti(lua_, 3, b);
        if (own) lua_call(lua_, 2, 1);
        const bool result = own ? lua_toboolean(lua_, -1) != 0 : lua_compare(lua_, -2, -1, LUA_OPLT) != 0;
        lua_pop(lua_, own ? 1 : 2);
        return result;
    }

    lua_State* lua_;
    std::vector<std::uint32_t> order_;
    std::vector<std::uint32_t> scratch_;
};

int table_sort(lua_State* lua) {
    const auto count = length_of(lua, 1);
    if (count < 2) return 0;
    luaL_argcheck(lua, count <= kSortItemsMax, 1, "array too big");
    if (!lua_isnoneornil(lua, 2)) luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    charge(lua, static_cast<std::size_t>(count));
    lua_createtable(lua, static_cast<int>(count), 0);
    for (lua_Integer i = 1; i <= count; ++i) {
        lua_geti(lua, 1, i);
        lua_rawseti(lua, 3, i);
    }
    Sorter sorter(lua, static_cast<std::uint32_t>(count));
    lua_Integer to = 0;
    for (const auto from : sorter.sorted()) {
        lua_rawgeti(lua, 3, from);
        lua_seti(lua, 1, ++to);
    }
    return 0;
}

}  // namespace

void push_table_library(lua_State* lua) {
    luaL_requiref(lua, "table", luaopen_table, 0);
    lua_newtable(lua);
    take_function(lua, -2, "pack");
    const luaL_Reg own[] = {{"concat", guarded<table_concat>},
                            {"insert", guarded<table_insert>},
                            {"move", guarded<table_move>},
                            {"remove", guarded<table_remove>},
                            {"sort", guarded<table_sort>},
                            {"unpack", guarded<table_unpack>},
                            {nullptr, nullptr}};
    luaL_setfuncs(lua, own, 0);
    lua_remove(lua, -2);
}

}  // namespace slipway::app
