// What the provider does with a request: rules from a JSON file, or the built-in echo.
//
//   {"rules": [{
//      "when": {"contains": "text", "matches": "expression", "path": "/embeddings", "model": "m", "stream": true},
//      "times": 1,              the rule serves so many requests, then it is passed over (default: any number)
//      "answer": "text",        default: "You said: " and the last message of the user
//      "tool_calls": [{"name": "f", "arguments": {…}}],
//      "finish_reason": "stop",
//      "chunk_size": 4,         characters per chunk of a stream
//      "first_delay_ms": 0,     before the head of the response
//      "chunk_delay_ms": 0,     before every chunk
//      "status": 429, "error": {…} or "text", "headers": {"Retry-After": "1"},
//      "cut_after": 3,          the connection breaks after so many chunks (of a plain answer: in the middle)
//      "malformed_after": 3,    a chunk that is not JSON comes after so many; a plain answer is not JSON at all
//      "error_after": 3,        an error object comes after so many chunks
//      "stall_after": 1,        nothing more comes after so many chunks, for ten minutes
//      "endless": true,         the answer is repeated until the client hangs up
//      "usage": false,          usage is not reported
//      "done": false,           [DONE] is left out
//      "finish": false,         the chunk with finish_reason is left out
//      "dimension": 8, "drop": 1, "base64": true   of embeddings: another dimension, so many
//                               vectors left out, base64 whatever was asked for
//   }]}
//
// The first rule whose conditions all hold serves the request. "contains" and "matches" look at the last message of the
// user, or the first text to embed. Rules with "times" and without conditions make a script by order.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/task.h"
#include "net/http.h"

namespace slipway::scripted {

struct Behaviour {
    int rule = -1;  // its index; -1: the built-in echo
    std::optional<std::string> answer;
    json::array tool_calls;
    std::string finish_reason = "stop";
    std::size_t chunk_size = 4;
    Milliseconds first_delay{0};
    Milliseconds chunk_delay{0};
    int status = 200;
    json::value error;
    net::Fields headers;
    std::optional<std::int64_t> cut_after, malformed_after, error_after, stall_after;
    bool endless = false, usage = true, done = true, finish = true, base64 = false;
    std::size_t dimension = 0, drop = 0;
};

struct Ask {
    std::string path, model, text;
    bool stream = false;
};

// Thread safe.
class Script {
 public:
    Script() = default;
    static Result<std::unique_ptr<Script>> load(const std::filesystem::path& file);
    Behaviour choose(const Ask& ask);

 private:
    struct Rule {
        Behaviour behaviour;
        std::optional<std::string> contains, path, model;
        std::optional<std::regex> matches;
        std::optional<bool> stream;
        std::optional<std::int64_t> times;
    };
    static Result<Rule> read_rule(const json::object& object, std::size_t index);
    static bool applies(const Rule& rule, const Ask& ask);

    std::mutex mutex_;
    std::vector<Rule> rules_;
};

}  // namespace slipway::scripted
