// Runs a program of the system on bytes that nobody vouches for (PDF), so that its crash, greed or endless loop stays
// its own. Linux only. The child sees standard input, output and error, a bare environment (PATH, LC_ALL, and what it
// is given) and no other descriptor of the server.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace slipway {

struct ChildLimits {
    std::chrono::milliseconds wall_time{30'000};  // then SIGKILL to the child and what it started
    std::chrono::seconds cpu_time{20};            // RLIMIT_CPU
    std::size_t memory_bytes = 512 << 20;         // RLIMIT_AS
    std::size_t output_bytes_max = 64 << 20;      // standard output; when reached the child is killed
    std::size_t error_bytes_max = 64 << 10;       // standard error; the rest is read and dropped
    std::size_t file_bytes_max = 0;               // RLIMIT_FSIZE: 0, it may not write files
    std::size_t open_files_max = 64;              // RLIMIT_NOFILE
};

struct ChildOutcome {
    enum class End : unsigned char {
        exited,           // exit_code is set
        killed,           // by a signal that we did not send, `signal` is set
        timed_out,        // wall time or processor time used up
        output_exceeded,  // more on standard output than output_bytes_max
    };
    End end = End::exited;
    int exit_code = 0;
    int signal = 0;
    std::string output;  // as far as it came
    std::string errors;
};

// The program's path: as it is when it holds a slash, else searched in PATH; empty when there is none that may be
// executed.
std::optional<std::string> find_program(std::string_view name);

// Starts `program` (a path, see find_program) with `arguments`, gives it `input` as a seekable standard input in
// memory and `environment` ("NAME=value", beside PATH and LC_ALL), and waits. Blocks up to limits.wall_time: call it on
// a WorkerPool, never on an event loop. Thread safe. The child dies with the calling thread. `unavailable` when the
// child cannot be started (no memory, no processes left, not executable). How it ended is not an error here.
Result<ChildOutcome> run_child(const std::string& program, const std::vector<std::string>& arguments,
                               std::string_view input, const ChildLimits& limits = {},
                               const std::vector<std::string>& environment = {});

}  // namespace slipway
