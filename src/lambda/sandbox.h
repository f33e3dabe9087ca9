// The process of a function on a desk: this very program with another command line, which ends with this process.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/error.h"

namespace slipway::lambda {

class Sandbox {
 public:
    Sandbox() = default;
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;
    ~Sandbox() { stop(); }

    // The variables of this process, with these on top. From one thread alone, which outlives the sandbox: the kernel
    // ends it with that thread.
    Result<void> start(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& variables);
    // False once it has ended.
    bool runs();
    // SIGTERM, and SIGKILL when that does not end it in time. Blocks.
    void stop();
    // From any thread.
    void kill() const;

 private:
    std::atomic<pid_t> child_ = -1;
};

}  // namespace slipway::lambda
