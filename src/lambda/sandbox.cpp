#include "lambda/sandbox.h"

#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace slipway::lambda {
namespace {

constexpr std::chrono::milliseconds kStopMax{5'000};
constexpr std::chrono::milliseconds kLook{20};
constexpr const char* kThisProgram = "/proc/self/exe";
constexpr int kNotStarted = 127;

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& variables) {
    std::vector<std::string> all;
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string text = *each;
        if (!variables.contains(text.substr(0, text.find('=')))) all.push_back(text);
    }
    for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
    return all;
}

}  // namespace

Result<void> Sandbox::start(const std::vector<std::string>& arguments,
                            const std::map<std::string, std::string>& variables) {
    stop();
    // All that needs memory comes before the fork.
    auto words = arguments;
    auto settings = environment_with(variables);
    const auto argv = pointers_to(words), envp = pointers_to(settings);
    const auto parent = ::getpid();
    child_ = ::fork();
    if (child_ < 0)
        return fail(ErrorCode::unavailable, "No process can be started: {}.",
                    std::error_code(errno, std::system_category()).message());
    if (child_ > 0) return {};
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    std::signal(SIGPIPE, SIG_DFL);
    if (::getppid() == parent) ::execve(kThisProgram, argv.data(), envp.data());
    ::_exit(kNotStarted);
}

bool Sandbox::runs() {
    if (child_ < 0) return false;
    if (::waitpid(child_, nullptr, WNOHANG) == 0) return true;
    child_ = -1;
    return false;
}

void Sandbox::stop() {
    if (!runs()) return;
    ::kill(child_, SIGTERM);
    const auto end = std::chrono::steady_clock::now() + kStopMax;
    while (runs()) {
        if (std::chrono::steady_clock::now() > end) kill();
        std::this_thread::sleep_for(kLook);
    }
}

void Sandbox::kill() const {
    const pid_t child = child_;
    if (child > 0) ::kill(child, SIGKILL);
}

}  // namespace slipway::lambda
