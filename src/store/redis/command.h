// What is said to a Redis server: a command as an array of strings, and a script of Lua.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace slipway::store::redis {

// Command("SET").key(name).add(value).add("PX").add(1000)
class Command {
 public:
    explicit Command(std::string_view name) { add(name); }

    Command& add(std::string_view argument) & {
        append(argument);
        return *this;
    }
    Command&& add(std::string_view argument) && {
        append(argument);
        return std::move(*this);
    }
    Command&& add(std::int64_t number) && { return std::move(*this).add(std::string_view(fmt::format("{}", number))); }
    Command& add(std::int64_t number) & { return add(std::string_view(fmt::format("{}", number))); }
    // A key. In a cluster the first one says where the command goes; all must be on the same node.
    Command&& key(std::string_view name) && {
        take_key(name);
        return std::move(*this);
    }
    Command& key(std::string_view name) & {
        take_key(name);
        return *this;
    }
    // Running it twice does the same as once: it may be sent again when a connection broke and nobody knows whether it
    // ran.
    Command&& repeatable() && {
        repeatable_ = true;
        return std::move(*this);
    }

    std::string encoded() const { return fmt::format("*{}\r\n{}", count_, arguments_); }
    bool has_key() const { return has_key_; }
    std::uint16_t slot() const { return slot_; }
    bool is_repeatable() const { return repeatable_; }

 private:
    void append(std::string_view argument) {
        ++count_;
        fmt::format_to(std::back_inserter(arguments_), "${}\r\n", argument.size());
        arguments_.append(argument).append("\r\n");
    }
    void take_key(std::string_view name);

    std::string arguments_;
    std::size_t count_ = 0;
    bool has_key_ = false, repeatable_ = false;
    std::uint16_t slot_ = 0;
};

inline constexpr std::uint16_t kSlots = 16384;

// The hash slot of a key (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/): CRC16 of what
// stands between the first '{' and the next '}', or of all of it when nothing does.
std::uint16_t slot_of(std::string_view key);

// Known to the server by the SHA-1 of its text. Make one per text and keep it.
class Script {
 public:
    explicit Script(std::string source);
    const std::string& source() const { return source_; }
    const std::string& sha1() const { return sha1_; }

 private:
    std::string source_, sha1_;
};

}  // namespace slipway::store::redis
