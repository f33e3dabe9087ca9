#include "deploy/provider/grpc_server.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace slipway::deploy {
namespace {

constexpr std::size_t kFrameHead = 5;  // whether it is compressed, and the length
constexpr std::uint32_t kStreamsMax = 64;
constexpr std::uint32_t kWindow = 8 << 20;
constexpr int kUnimplemented = 12, kInternal = 13, kInvalidArgument = 3;

struct Call {
    std::string path, request, answer;
    std::size_t sent = 0;
    int status = 0;
    std::string reason;
};

// One connection: a thread that reads, answers and writes until the client or the server ends it.
class Connection {
 public:
    Connection(int socket, int stopper, const GrpcServer::Handler& handler)
        : socket_(socket), stopper_(stopper), handler_(handler) {}
    ~Connection() {
        if (session_ != nullptr) nghttp2_session_del(session_);
        ::close(socket_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void run() {
        if (!begin()) return;
        std::array<char, 1 << 16> buffer{};
        while (write_all() && (nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0)) {
            if (!wait()) return;
            const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return;
            const auto* const bytes = reinterpret_cast<const std::uint8_t*>(buffer.data());  // NOLINT
            if (nghttp2_session_mem_recv(session_, bytes, static_cast<std::size_t>(got)) < 0) return;
        }
    }

 private:
    static Connection& of(void* user) { return *static_cast<Connection*>(user); }

    bool begin() {
        nghttp2_session_callbacks* callbacks = nullptr;
        if (nghttp2_session_callbacks_new(&callbacks) != 0) return false;
        const std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)> end(
            callbacks, &nghttp2_session_callbacks_del);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, &Connection::on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Connection::on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Connection::on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Connection::on_close);
        if (nghttp2_session_server_new(&session_, callbacks, this) != 0) return false;
        const std::array<nghttp2_settings_entry, 2> settings{
            {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamsMax}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow}}};
        return nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0 &&
               nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow) == 0;
    }

    // Until there is something to read; false when the server ends.
    bool wait() const {
        std::array<pollfd, 2> asked{{{socket_, POLLIN, 0}, {stopper_, POLLIN, 0}}};
        while (::poll(asked.data(), asked.size(), -1) < 0)
            if (errno != EINTR) return false;
        return (asked[1].revents & POLLIN) == 0;
    }

    bool write_all() {
        for (;;) {
            const std::uint8_t* bytes = nullptr;
            auto left = nghttp2_session_mem_send(session_, &bytes);
            if (left < 0) return false;
            if (left == 0) return true;
            while (left > 0) {
                const auto sent = ::send(socket_, bytes, static_cast<std::size_t>(left), MSG_NOSIGNAL);
                if (sent < 0 && errno == EINTR) continue;
                if (sent <= 0) return false;
                bytes += sent;
                left -= sent;
            }
        }
    }

    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                         const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
        const std::string_view header(reinterpret_cast<const char*>(name), name_size);  // NOLINT
        if (header == ":path")
            of(user).calls_[frame->hd.stream_id].path.assign(reinterpret_cast<const char*>(value),
                                                             value_size);  // NOLINT
        return 0;
    }

    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                       void* user) {
        auto& request = of(user).calls_[stream].request;
        if (request.size() + size > kGrpcMessageMax) return NGHTTP2_ERR_CALLBACK_FAILURE;
        request.append(reinterpret_cast<const char*>(data), size);  // NOLINT
        return 0;
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        const bool of_call = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
        if (!of_call) return 0;
        auto& connection = of(user);
        const auto found = connection.calls_.find(frame->hd.stream_id);
        if (found == connection.calls_.end()) return 0;
        // A call of many messages ends when its client goes; it is told at once that there is no such method.
        const bool whole = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        const bool opens_other =
            frame->hd.type == NGHTTP2_HEADERS && found->second.path.find("Broker") != std::string::npos;
        return whole || opens_other ? connection.answer(frame->hd.stream_id, found->second) : 0;
    }

    static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
        of(user).calls_.erase(stream);
        return 0;
    }

    static nghttp2_nv header(std::string_view name, std::string_view value) {
        return {.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),  // NOLINT: nghttp2 copies them
                .value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),  // NOLINT
                .namelen = name.size(),
                .valuelen = value.size(),
                .flags = NGHTTP2_NV_FLAG_NONE};
    }

    int answer(std::int32_t stream, Call& call) {
        handle(call);
        call.request.clear();
        if (call.status != 0) {
            const auto status = std::to_string(call.status);
            const std::array<nghttp2_nv, 4> headers{header(":status", "200"),
                                                    header("content-type", "application/grpc"),
                                                    header("grpc-status", status), header("grpc-message", call.reason)};
            return nghttp2_submit_response(session_, stream, headers.data(), headers.size(), nullptr);
        }
        const std::array<nghttp2_nv, 2> headers{header(":status", "200"), header("content-type", "application/grpc")};
        nghttp2_data_provider body{};
        body.source.ptr = &call;
        body.read_callback = &Connection::read_body;
        return nghttp2_submit_response(session_, stream, headers.data(), headers.size(), &body);
    }

    void handle(Call& call) const {
        if (call.request.size() < kFrameHead || call.request[0] != 0) {
            call.status = call.request.empty() ? kUnimplemented : kInvalidArgument;
            call.reason = "one whole message without compression is expected";
            return;
        }
        auto answered = handler_(call.path, std::string_view(call.request).substr(kFrameHead));
        if (!answered) {
            call.status = answered.error().code == ErrorCode::not_found ? kUnimplemented
                          : answered.error().code == ErrorCode::invalid ? kInvalidArgument
                                                                        : kInternal;
            call.reason = answered.error().message;
            return;
        }
        const auto size = static_cast<std::uint32_t>(answered->size());
        call.answer.assign(1, '\0');
        for (int shift = 24; shift >= 0; shift -= 8) call.answer += static_cast<char>(size >> shift & 0xffU);
        call.answer += *answered;
    }

    static ssize_t read_body(nghttp2_session* session, std::int32_t stream, std::uint8_t* buffer, std::size_t length,
                             std::uint32_t* flags, nghttp2_data_source* source, void*) {
        auto& call = *static_cast<Call*>(source->ptr);
        const auto size = call.answer.copy(reinterpret_cast<char*>(buffer), length, call.sent);  // NOLINT: as bytes
        call.sent += size;
        if (call.sent == call.answer.size()) {
            *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
            const auto trailer = header("grpc-status", "0");
            nghttp2_submit_trailer(session, stream, &trailer, 1);
        }
        return static_cast<ssize_t>(size);
    }

    int socket_, stopper_;
    const GrpcServer::Handler& handler_;
    nghttp2_session* session_ = nullptr;
    std::map<std::int32_t, Call> calls_;
};

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(std::filesystem::path socket, Handler handler) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = socket.string();
    if (path.size() >= sizeof(address.sun_path))
        return fail(ErrorCode::unavailable, "{} is too long a path for a socket.", path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int stopper = ::eventfd(0, EFD_CLOEXEC);
    std::unique_ptr<GrpcServer> server(new GrpcServer(std::move(socket), std::move(handler), listener, stopper));
    const bool listens = listener >= 0 && stopper >= 0 &&
                         ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&  // NOLINT
                         ::chmod(path.c_str(), S_IRUSR | S_IWUSR) == 0 &&
                         ::listen(listener, static_cast<int>(kGrpcConnectionsMax)) == 0;
    if (!listens) return fail(ErrorCode::unavailable, "{} cannot be listened on: {}.", path, std::strerror(errno));
    server->accepting_ = std::jthread([raw = server.get()] { raw->accept_connections(); });
    return server;
}

GrpcServer::GrpcServer(std::filesystem::path socket, Handler handler, int listener, int stopper)
    : socket_(std::move(socket)), handler_(std::move(handler)), listener_(listener), stopper_(stopper) {}

GrpcServer::~GrpcServer() {
    const std::uint64_t one = 1;
    if (stopper_ >= 0) static_cast<void>(::write(stopper_, &one, sizeof(one)));
    if (accepting_.joinable()) accepting_.join();
    clients_.clear();
    for (const int descriptor : {listener_, stopper_})
        if (descriptor >= 0) ::close(descriptor);
    std::error_code ignored;
    std::filesystem::remove(socket_, ignored);
}

void GrpcServer::accept_connections() {
    for (;;) {
        std::array<pollfd, 2> asked{{{listener_, POLLIN, 0}, {stopper_, POLLIN, 0}}};
        if (::poll(asked.data(), asked.size(), -1) < 0 && errno != EINTR) return;
        if ((asked[1].revents & POLLIN) != 0) return;
        if ((asked[0].revents & POLLIN) == 0) continue;
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        // Terraform opens one or two for each of its commands; each ends with it.
        clients_.remove_if([](const Client& client) { return client.ended.load(); });
        if (clients_.size() >= kGrpcConnectionsMax) {
            ::close(socket);
            continue;
        }
        auto& client = clients_.emplace_back();
        client.thread = std::jthread([this, socket, &client] {
            Connection(socket, stopper_, handler_).run();
            client.ended = true;
        });
    }
}

}  // namespace slipway::deploy
