#include "net/listener.h"

#include <cstring>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/connection.h"

namespace slipway::net {
namespace {

constexpr int kBacklog = 4096;             // the kernel lowers it to net.core.somaxconn
constexpr int kUnsentMax = 256 << 10;      // what the kernel holds for a slow reader before it counts as full
constexpr Milliseconds kPause{100};        // after running out of descriptors
constexpr std::size_t kRefusalsMax = 256;  // connections above the limit that are told so; further ones are just closed

std::optional<asio::ip::address> address_of_host(const std::string& host) {
    if (host == "localhost") return asio::ip::address_v4::loopback();
    if (host.empty() || host == "*") return asio::ip::address_v4::any();
    boost::system::error_code error;
    auto address = asio::ip::make_address(host, error);
    if (error) return std::nullopt;
    return address;
}

void set_option(int descriptor, int level, int name, int value) {
    ::setsockopt(descriptor, level, name, &value, sizeof value);
}

// From now on the kernel drops what asks for a new connection (SYN, in byte 13 of the TCP header): the peer tries again
// in a second, and then finds the port closed, which it can tell from a request that failed.
void drop_new_connections(int descriptor) {
    std::array<sock_filter, 4> program{{{BPF_LD | BPF_B | BPF_ABS, 0, 0, 13},
                                        {BPF_JMP | BPF_JSET | BPF_K, 0, 1, 0x02},
                                        {BPF_RET | BPF_K, 0, 0, 0},
                                        {BPF_RET | BPF_K, 0, 0, 0xFFFFFFFFU}}};
    const sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    ::setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

// A socket file that nobody listens on any more is left from a server that was killed.
bool is_answered(const std::filesystem::path& path) {
    asio::io_context context;
    asio::local::stream_protocol::socket socket(context);
    boost::system::error_code error;
    socket.connect(asio::local::stream_protocol::endpoint(path.string()), error);
    return !error;
}

}  // namespace

Listener::Listener(Loops& loops)
    : loops_(loops), acceptor_(loops.front()->context()), pause_(loops.front()->context()) {}

Listener::~Listener() { close(); }

Result<void> Listener::listen_tcp(const std::string& host, std::uint16_t port) {
    const auto address = address_of_host(host);
    if (!address)
        return fail(ErrorCode::invalid, "The host '{}' to listen on is not an IP address; take 127.0.0.1 or 0.0.0.0.",
                    host);
    const asio::ip::tcp::endpoint endpoint(*address, port);
    boost::system::error_code error;
    family_ = address->is_v6() ? AF_INET6 : AF_INET;
    acceptor_.open(Protocol(endpoint.protocol()), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(Protocol::endpoint(endpoint), error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (error == asio::error::address_in_use)
        return fail(ErrorCode::unavailable,
                    "Port {} on {} is taken by another program; choose another port, or stop that program.", port,
                    host);
    if (error) return fail(ErrorCode::unavailable, "Cannot listen on {} port {}: {}.", host, port, error.message());
    // Accepted connections inherit these.
    set_option(acceptor_.native_handle(), IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(acceptor_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentMax);
    return {};
}

Result<void> Listener::listen_unix(const std::filesystem::path& path) {
    if (path.string().size() >= sizeof(sockaddr_un::sun_path))
        return fail(ErrorCode::invalid,
                    "The path of the private socket is too long for the system ({} bytes at most): {}",
                    sizeof(sockaddr_un::sun_path) - 1, path.string());
    std::error_code ignored;
    if (std::filesystem::is_socket(std::filesystem::symlink_status(path, ignored))) {
        if (is_answered(path))
            return fail(ErrorCode::unavailable, "Another server answers on {}; stop it first.", path.string());
        std::filesystem::remove(path, ignored);
    }
    boost::system::error_code error;
    acceptor_.open(Protocol(AF_UNIX, 0), error);
    // The mode of the descriptor becomes that of the file, so there is no moment when others could connect.
    if (!error) ::fchmod(acceptor_.native_handle(), S_IRUSR | S_IWUSR);
    if (!error) acceptor_.bind(Protocol::endpoint(asio::local::stream_protocol::endpoint(path.string())), error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (error)
        return fail(ErrorCode::unavailable, "Cannot listen on the private socket {}: {}.", path.string(),
                    error.message());
    ::chmod(path.c_str(), S_IRUSR | S_IWUSR);
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0) file_inode_ = status.st_ino;
    file_ = path;
    private_ = true;
    return {};
}

std::uint16_t Listener::port() const {
    boost::system::error_code error;
    const auto endpoint = acceptor_.local_endpoint(error);
    const auto* address = endpoint.data();
    if (!error && address->sa_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
    if (!error && address->sa_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6*>(address)->sin6_port);
    return 0;
}

void Listener::start() {
    started_ = true;
    asio::post(loops_.front()->context(), [this] { accept(); });
}

void Listener::close() {
    boost::system::error_code ignored;
    if (std::exchange(started_, false)) accept_rest();
    acceptor_.close(ignored);
    pause_.cancel();
    // Only our own file: another server may have put its socket there.
    struct stat status{};
    if (!file_.empty() && ::lstat(file_.c_str(), &status) == 0 && status.st_ino == file_inode_) ::unlink(file_.c_str());
    file_.clear();
}

void Listener::accept() {
    if (!acceptor_.is_open()) return;
    const auto loop = next_++ % loops_.size();
    acceptor_.async_accept(loops_[loop]->context(),
                           [this, loop](boost::system::error_code error, Channel::Socket socket) {
                               accepted(error, loop, std::move(socket));
                           });
}

void Listener::accepted(boost::system::error_code error, std::size_t loop, Channel::Socket socket) {
    // Accepted just before the close: its client has sent a request, perhaps.
    if (!error && !acceptor_.is_open()) return take(loop, std::move(socket));
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
        error == asio::error::no_buffer_space) {
        log::warning("cannot accept connections", {{"reason", error.message()}});
        pause_.expires_after(kPause);
        pause_.async_wait([this](boost::system::error_code stopped) {
            if (!stopped) accept();
        });
        return;
    }
    if (!error) take(loop, std::move(socket));
    accept();
}

void Listener::take(std::size_t loop, Channel::Socket socket) {
    static auto& refusals =
        metrics::counter("slipway_http_connections_refused_total", "Connections above server.limits.connections_max.");
    auto& service = loops_[loop]->service();
    const auto before = service.connections.fetch_add(1);
    const bool refused = before >= service.options.limits.connections_max;
    if (refused) refusals.add();
    if (before >= service.options.limits.connections_max + kRefusalsMax) {
        service.connections.fetch_sub(1);
        return;
    }
    asio::post(loops_[loop]->context(), [&to = *loops_[loop], socket = std::move(socket), private_socket = private_,
                                         refused]() mutable { to.open(std::move(socket), private_socket, refused); });
}

void Listener::accept_rest() {
    const int descriptor = acceptor_.native_handle();
    if (!private_) drop_new_connections(descriptor);
    for (int made = 0; made < kBacklog; ++made) {
        const int accepted = ::accept4(descriptor, nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) return;
        const auto loop = next_++ % loops_.size();
        const int family = private_ ? AF_UNIX : family_;
        Channel::Socket socket(loops_[loop]->context());
        boost::system::error_code error;
        socket.assign(Protocol(family, private_ ? 0 : IPPROTO_TCP), accepted, error);
        if (error)
            ::close(accepted);
        else
            take(loop, std::move(socket));
    }
}

}  // namespace slipway::net
