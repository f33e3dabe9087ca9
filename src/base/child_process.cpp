#include "base/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

namespace slipway {
namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
 public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() { close(); }

    int number() const { return number_; }
    bool open() const { return number_ >= 0; }
    void close() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

 private:
    int number_ = -1;
};

struct Pipe {
    Descriptor read;
    Descriptor write;
};

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail(ErrorCode::unavailable, "No pipe for a child process: {}.", std::strerror(errno));
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// Bytes in memory behind a descriptor: the child may seek in them, and nothing is left on a disk.
Result<Descriptor> in_memory(std::string_view bytes) {
    Descriptor file(::memfd_create("slipway-input", MFD_CLOEXEC));
    if (!file.open())
        return fail(ErrorCode::unavailable, "No memory file for a child process: {}.", std::strerror(errno));
    while (!bytes.empty()) {
        const auto written = ::write(file.number(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0)
            return fail(ErrorCode::unavailable, "A child's input does not fit in memory: {}.", std::strerror(errno));
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    ::lseek(file.number(), 0, SEEK_SET);
    return file;
}

// Everything the child needs is made before the fork: between fork and exec only async-signal-safe calls are allowed,
// because another thread may hold the allocator's lock.
struct Launch {
    const char* program;
    std::vector<char*> arguments;
    std::vector<char*> environment;
    int input;
    int output;
    int errors;
    int failure;  // the errno of a failed start is written here
    std::array<std::pair<decltype(RLIMIT_AS), rlim_t>, 5> limits;
    pid_t parent;
};

[[noreturn]] void start_failed(const Launch& launch) {
    const int reason = errno;
    [[maybe_unused]] const auto written = ::write(launch.failure, &reason, sizeof reason);
    ::_exit(127);
}

// Sockets that a library opened without O_CLOEXEC must not reach the child.
void close_on_exec() {
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    for (int number = 3; number < 65536; ++number) ::fcntl(number, F_SETFD, FD_CLOEXEC);
}

// Runs in the child.
[[noreturn]] void become(const Launch& launch) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != launch.parent) ::_exit(127);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    // First above 2: a server started with closed standard streams may own these very numbers.
    const int input = ::fcntl(launch.input, F_DUPFD, 3);
    const int output = ::fcntl(launch.output, F_DUPFD, 3);
    const int errors = ::fcntl(launch.errors, F_DUPFD, 3);
    if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(errors, 2) < 0) start_failed(launch);
    close_on_exec();
    // The server's own signal mask and ignored signals would be inherited otherwise.
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGXCPU, SIGXFSZ, SIGTERM, SIGINT}) ::signal(number, SIG_DFL);
    for (const auto& [resource, value] : launch.limits) {
        // A little above the soft limit, so that SIGXCPU says why before SIGKILL comes.
        const rlimit limit{value, resource == RLIMIT_CPU ? value + 1 : value};
        if (::setrlimit(resource, &limit) != 0) start_failed(launch);
    }
    ::execve(launch.program, launch.arguments.data(), launch.environment.data());
    start_failed(launch);
}

// Reads what is there; false at the end of the stream. `keep` bounds the string, more is dropped.
bool drain(Descriptor& from, std::string& into, std::size_t keep, bool& exceeded) {
    std::array<char, 16384> buffer;
    const auto count = ::read(from.number(), buffer.data(), buffer.size());
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    if (count == 0) return false;
    const auto room = keep - std::min(keep, into.size());
    exceeded = static_cast<std::size_t>(count) > room;
    into.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
    return true;
}

// Collects both streams until they end, the time is up or there is too much. True when the child is to be killed.
bool collect(Descriptor& output, Descriptor& errors, const ChildLimits& limits, Clock::time_point deadline,
             ChildOutcome& outcome) {
    while (output.open() || errors.open()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) {
            outcome.end = ChildOutcome::End::timed_out;
            return true;
        }
        std::array<pollfd, 2> waiting{pollfd{output.number(), POLLIN, 0}, pollfd{errors.number(), POLLIN, 0}};
        if (::poll(waiting.data(), waiting.size(), static_cast<int>(std::min<long long>(left, 1000))) <= 0) continue;
        bool exceeded = false;
        if (waiting[0].revents != 0 && !drain(output, outcome.output, limits.output_bytes_max, exceeded))
            output.close();
        if (exceeded) {
            outcome.end = ChildOutcome::End::output_exceeded;
            return true;
        }
        if (waiting[1].revents != 0 && !drain(errors, outcome.errors, limits.error_bytes_max, exceeded)) errors.close();
    }
    return false;
}

// A child may close its streams and go on: that, too, ends at the deadline. Returns the wait status.
int reap(pid_t child, bool kill_now, Clock::time_point deadline, ChildOutcome& outcome) {
    int status = 0;
    auto pause = std::chrono::milliseconds(1);
    while (!kill_now) {
        const auto done = ::waitpid(child, &status, WNOHANG);
        if (done == child) return status;
        if (done < 0 && errno != EINTR) return 0;
        if (Clock::now() >= deadline) {
            outcome.end = ChildOutcome::End::timed_out;
            break;
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds(50));
    }
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);  // the group does not exist yet when the child has not come that far
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

void read_status(int status, ChildOutcome& outcome) {
    if (outcome.end != ChildOutcome::End::exited) return;
    if (WIFEXITED(status)) {
        outcome.exit_code = WEXITSTATUS(status);
    } else if (WIFSIGNALED(status)) {
        outcome.signal = WTERMSIG(status);
        outcome.end = outcome.signal == SIGXCPU ? ChildOutcome::End::timed_out : ChildOutcome::End::killed;
    }
}

}  // namespace

std::optional<std::string> find_program(std::string_view name) {
    if (name.empty()) return std::nullopt;
    if (name.contains('/')) {
        std::string path(name);
        return ::access(path.c_str(), X_OK) == 0 ? std::optional(std::move(path)) : std::nullopt;
    }
    const char* variable = std::getenv("PATH");
    const std::string_view folders = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
    for (const auto folder : split(folders, ':')) {
        std::string path = fmt::format("{}/{}", folder.empty() ? "." : folder, name);
        if (::access(path.c_str(), X_OK) == 0) return path;
    }
    return std::nullopt;
}

Result<ChildOutcome> run_child(const std::string& program, const std::vector<std::string>& arguments,
                               std::string_view input, const ChildLimits& limits,
                               const std::vector<std::string>& environment) {
    const auto deadline = Clock::now() + limits.wall_time;
    SLIPWAY_TRY(auto given, in_memory(input));
    SLIPWAY_TRY(auto output, make_pipe());
    SLIPWAY_TRY(auto errors, make_pipe());
    SLIPWAY_TRY(auto failure, make_pipe());

    std::vector<std::string> texts{program};
    texts.insert(texts.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"};
    variables.insert(variables.end(), environment.begin(), environment.end());
    Launch launch{.program = program.c_str(),
                  .arguments = {},
                  .environment = {},
                  .input = given.number(),
                  .output = output.write.number(),
                  .errors = errors.write.number(),
                  .failure = failure.write.number(),
                  .limits = {{{RLIMIT_AS, limits.memory_bytes},
                              {RLIMIT_CPU, static_cast<rlim_t>(limits.cpu_time.count())},
                              {RLIMIT_FSIZE, limits.file_bytes_max},
                              {RLIMIT_NOFILE, limits.open_files_max},
                              {RLIMIT_CORE, 0}}},
                  .parent = ::getpid()};
    for (auto& text : texts) launch.arguments.push_back(text.data());
    launch.arguments.push_back(nullptr);
    for (auto& variable : variables) launch.environment.push_back(variable.data());
    launch.environment.push_back(nullptr);

    const pid_t child = ::fork();
    if (child == 0) become(launch);
    if (child < 0) return fail(ErrorCode::unavailable, "{} cannot be started: {}.", program, std::strerror(errno));
    given.close();
    output.write.close();
    errors.write.close();
    failure.write.close();

    ChildOutcome outcome;
    const bool kill_now = collect(output.read, errors.read, limits, deadline, outcome);
    const int status = reap(child, kill_now, deadline, outcome);
    int reason = 0;
    if (!kill_now && ::read(failure.read.number(), &reason, sizeof reason) == sizeof reason)
        return fail(ErrorCode::unavailable, "{} cannot be started: {}.", program, std::strerror(reason));
    read_status(status, outcome);
    return outcome;
}

}  // namespace slipway
