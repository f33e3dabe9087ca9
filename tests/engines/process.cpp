#include "engines/process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace slipway::test {
namespace {

namespace fs = std::filesystem;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool accepts(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return connected;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

// PostgreSQL and its kind refuse to run as root; inside the name space they are user 1000, outside the files stay
// root's.
std::vector<std::string> as_somebody(std::vector<std::string> command) {
    std::vector<std::string> all = {"/usr/bin/unshare", "--user", "--map-user=1000",
                                    "--map-group=1000", "--",     "/usr/bin/setpriv",
                                    "--pdeathsig",      "KILL",   "--"};
    all.insert(all.end(), std::make_move_iterator(command.begin()), std::make_move_iterator(command.end()));
    return all;
}

}  // namespace

std::optional<fs::path> engine_folder(const std::string& name) {
    auto folder = fs::path(SLIPWAY_SOURCE_DIR) / "build/engines" / name;
    std::error_code error;
    if (fs::exists(folder, error)) return folder;
    const char* const wanted = std::getenv("SLIPWAY_ENGINES");
    if (wanted && std::string_view(wanted) == "required")
        throw std::runtime_error(fmt::format("{} is not there: run scripts/engines.sh {}", folder.string(), name));
    return std::nullopt;
}

std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                       ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(socket);
    if (!bound) throw std::runtime_error("no port is free");
    return ntohs(address.sin_port);
}

Result<std::unique_ptr<EngineProcess>> EngineProcess::start(EngineOptions options) {
    std::unique_ptr<EngineProcess> process(new EngineProcess(std::move(options)));
    SLIPWAY_CHECK(process->start_again());
    return process;
}

Result<void> EngineProcess::start_again() {
    SLIPWAY_CHECK(launch());
    return wait_until_ready();
}

Result<void> EngineProcess::launch() {
    auto command = options_.command;
    if (options_.refuses_root && ::geteuid() == 0) command = as_somebody(std::move(command));
    std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C",
                                            "HOME=" + options_.folder.string()};
    for (const auto& [name, value] : options_.environment) environment.push_back(name + "=" + value);
    auto arguments = pointers(command);
    auto variables = pointers(environment);
    const auto log = log_file().string();
    const auto folder = options_.folder.string();
    const auto parent = ::getpid();
    id_ = ::fork();
    if (id_ < 0) return fail(ErrorCode::unavailable, "No process could be made: {}.", std::strerror(errno));
    if (id_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        const int input = ::open("/dev/null", O_RDONLY);
        if (::getppid() != parent || output < 0 || ::chdir(folder.c_str()) != 0) ::_exit(126);
        ::dup2(input, 0);
        ::dup2(output, 1);
        ::dup2(output, 2);
        ::close_range(3, ~0U, 0);
        ::execve(arguments[0], arguments.data(), variables.data());
        ::_exit(127);
    }
    return {};
}

Result<void> EngineProcess::wait_until_ready() {
    const auto end = std::chrono::steady_clock::now() + options_.patience;
    while (options_.port != 0 && !accepts(options_.port)) {
        if (!running()) return fail(ErrorCode::unavailable, "{} ended: {}", options_.command.front(), log());
        if (std::chrono::steady_clock::now() > end) {
            stop(SIGKILL);
            return fail(ErrorCode::unavailable, "{} was not ready in time: {}", options_.command.front(), log());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    // A port that answers may be a stranger's.
    if (!running()) return fail(ErrorCode::unavailable, "{} ended: {}", options_.command.front(), log());
    return {};
}

bool EngineProcess::running() {
    if (id_ < 0) return false;
    if (::waitpid(id_, nullptr, WNOHANG) == 0) return true;
    id_ = -1;
    return false;
}

void EngineProcess::signal(int number) const {
    if (id_ > 0) ::kill(id_, number);
}

void EngineProcess::stop(int number) {
    signal(SIGCONT);
    signal(number);
    const auto end = std::chrono::steady_clock::now() + options_.patience;
    while (running()) {
        if (std::chrono::steady_clock::now() > end) signal(SIGKILL);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

EngineProcess::~EngineProcess() { stop(SIGKILL); }

std::string EngineProcess::log() const {
    std::ifstream file(log_file());
    std::ostringstream text;
    text << file.rdbuf();
    auto all = std::move(text).str();
    return all.size() > 2000 ? all.substr(all.size() - 2000) : all;
}

}  // namespace slipway::test
