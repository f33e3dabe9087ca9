// One JSON line per request: what was asked, which rule served it, and how it ended.
#pragma once

#include <fstream>
#include <memory>
#include <mutex>
#include <string>

#include "base/json.h"
#include "script.h"

namespace slipway::scripted {

// Thread safe. Every line is flushed, so that a test may read while the provider runs.
class Recorder {
 public:
    // Without a path nothing is written.
    static Result<std::unique_ptr<Recorder>> open(const std::string& path);
    void write(const json::object& line);

 private:
    std::mutex mutex_;
    std::ofstream file_;
};

// The record of one request, written when the last who works on it lets go: also when the client hangs up in the
// middle.
class Entry {
 public:
    Entry(Recorder& recorder, const net::Request& request, json::value body);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    int rule = -1;
    int status = 200;
    std::int64_t chunks = 0;  // of a stream, sent
    bool finished = false;    // false at the end: the client has hung up

 private:
    Recorder& recorder_;
    json::object line_;
};

}  // namespace slipway::scripted
