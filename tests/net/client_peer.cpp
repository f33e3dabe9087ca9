#include "net/client_peer.h"

#include <charconv>
#include <fstream>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/crypto.h"
#include "base/text.h"

namespace slipway::net::testing {

bool Peer::start_tls(asio::ssl::context& context) {
    tls_ = std::make_unique<asio::ssl::stream<asio::generic::stream_protocol::socket&>>(socket_, context);
    boost::system::error_code error;
    tls_->handshake(asio::ssl::stream_base::server, error);
    return !error;
}

std::size_t Peer::read(char* room, std::size_t count) {
    boost::system::error_code error;
    const auto buffer = asio::buffer(room, count);
    return tls_ ? tls_->read_some(buffer, error) : socket_.read_some(buffer, error);
}

std::string Peer::request() {
    std::array<char, 4096> room;
    std::size_t wanted = std::string::npos;
    while (unread_.size() < wanted) {
        if (wanted == std::string::npos) {
            if (const auto end = unread_.find("\r\n\r\n"); end != std::string::npos) {
                const auto lower = lower_ascii(unread_.substr(0, end));
                std::size_t length = 0;
                if (const auto at = lower.find("content-length: "); at != std::string::npos)
                    std::from_chars(lower.data() + at + 16, lower.data() + lower.size(), length);
                wanted = end + 4 + length;
                continue;
            }
        }
        const auto count = read(room.data(), room.size());
        if (count == 0) return "";
        unread_.append(room.data(), count);
    }
    auto request = unread_.substr(0, wanted);
    unread_.erase(0, wanted);
    return request;
}

bool Peer::say(std::string_view bytes) {
    boost::system::error_code error;
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    if (tls_) {
        asio::write(*tls_, buffer, error);
    } else {
        asio::write(socket_, buffer, error);
    }
    return !error;
}

bool Peer::wait_for_end() {
    std::array<char, 4096> room;
    while (read(room.data(), room.size()) > 0) {
    }
    return true;
}

void Peer::hang_up() {
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_both, ignored);
}

void Peer::unblock() { hang_up(); }

PeerServer::PeerServer(Serve serve) : serve_(std::move(serve)) {
    tcp_.emplace(loop_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port_ = tcp_->local_endpoint().port();
    acceptor_thread_ = std::thread([this] { accept(*tcp_); });
}

PeerServer::PeerServer(Serve serve, const std::filesystem::path& unix_socket) : serve_(std::move(serve)) {
    local_.emplace(loop_, asio::local::stream_protocol::endpoint(unix_socket.string()));
    acceptor_thread_ = std::thread([this] { accept(*local_); });
}

template <typename Acceptor>
void PeerServer::accept(Acceptor& acceptor) {
    while (true) {
        boost::system::error_code error;
        typename Acceptor::protocol_type::socket socket(loop_);
        acceptor.accept(socket, error);
        if (error) return;
        run(asio::generic::stream_protocol::socket(std::move(socket)));
    }
}

void PeerServer::run(asio::generic::stream_protocol::socket socket) {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    auto& peer = peers_.emplace_back(std::move(socket));
    peer.number = static_cast<int>(peers_.size());
    threads_.emplace_back([this, &peer] {
        serve_(peer);
        peer.hang_up();
    });
}

PeerServer::~PeerServer() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        for (auto& peer : peers_) peer.unblock();
    }
    ::shutdown(tcp_ ? tcp_->native_handle() : local_->native_handle(), SHUT_RDWR);
    acceptor_thread_.join();
    for (auto& thread : threads_) thread.join();
}

int PeerServer::connections() {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(peers_.size());
}

std::string response(std::string_view body, std::string_view more_headers, int status) {
    return fmt::format("HTTP/1.1 {} Fine\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), more_headers, body);
}

Task<Answer> fetch(Client& client, ClientRequest request) {
    SLIPWAY_CO_TRY(auto reply, co_await client.send(std::move(request)));
    SLIPWAY_CO_TRY(auto body, co_await reply->read_all());
    co_return Answer{reply->status, reply->headers, std::move(body)};
}

ClientRequest get(std::string url) {
    ClientRequest request;
    request.url = std::move(url);
    return request;
}

ClientRequest post(std::string url, std::string body) {
    auto request = get(std::move(url));
    request.method = Method::post;
    request.body = std::move(body);
    return request;
}

namespace {

void add_extension(X509* certificate, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

}  // namespace

Certificate::Certificate(const std::string& name)
    : folder(std::filesystem::temp_directory_path() / ("slipway-certificate-" + random_token(8))),
      certificate(folder / "certificate.pem"),
      key(folder / "key.pem") {
    std::filesystem::create_directories(folder);
    EVP_PKEY* pair = EVP_EC_gen("P-256");
    X509* made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, pair);
    const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8, text, -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    add_extension(made, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made, NID_subject_alt_name, "DNS:" + name + ",IP:127.0.0.1");
    X509_sign(made, pair, EVP_sha256());
    FILE* file = std::fopen(certificate.c_str(), "w");
    PEM_write_X509(file, made);
    std::fclose(file);
    file = std::fopen(key.c_str(), "w");
    PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(made);
    EVP_PKEY_free(pair);
}

Certificate::~Certificate() { std::filesystem::remove_all(folder); }

asio::ssl::context Certificate::context() const {
    asio::ssl::context made(asio::ssl::context::tls_server);
    made.use_certificate_chain_file(certificate.string());
    made.use_private_key_file(key.string(), asio::ssl::context::pem);
    return made;
}

}  // namespace slipway::net::testing
