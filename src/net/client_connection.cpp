#include "net/client_connection.h"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

namespace slipway::net {
namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

}  // namespace

std::string ClientRoute::key() const {
    if (unix_socket) return fmt::format("unix:{}|{}", unix_socket->string(), target.secure ? target.place() : "");
    const auto via = proxy ? fmt::format("{}:{}|{}", proxy->host, proxy->port, proxy->authorization) : "";
    if (absolute_form()) return "proxy " + via;
    return fmt::format("{}://{}|{}", target.secure ? "https" : "http", target.place(), via);
}

asio::awaitable<ClientConnection::Outcome> ClientConnection::read_some(std::span<char> room) {
    const auto buffer = asio::buffer(room.data(), room.size());
    if (tls_) return tls_->async_read_some(buffer, kAsTuple);
    return socket_.async_read_some(buffer, kAsTuple);
}

ClientConnection::Outcome ClientConnection::read_now(std::span<char> room) {
    const auto count = ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    if (count > 0) return {boost::system::error_code(), static_cast<std::size_t>(count)};
    if (count == 0) return {asio::error::eof, 0};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {asio::error::would_block, 0};
    return {boost::system::error_code(errno, boost::system::system_category()), 0};
}

asio::awaitable<ClientConnection::Outcome> ClientConnection::write_some(std::string_view bytes) {
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    if (tls_) return tls_->async_write_some(buffer, kAsTuple);
    return socket_.async_write_some(buffer, kAsTuple);
}

asio::awaitable<boost::system::error_code> ClientConnection::start_tls(asio::ssl::context& context,
                                                                       const std::string& host) {
    tls_ = std::make_unique<asio::ssl::stream<ClientSocket&>>(socket_, context);
    SSL* ssl = tls_->native_handle();
    boost::system::error_code not_an_address;
    asio::ip::make_address(host, not_an_address);
    bool prepared = false;
    if (not_an_address) {
        prepared = SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    } else {
        prepared = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
    }
    if (!prepared) co_return boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAsTuple);
    co_return error;
}

std::string ClientConnection::certificate_problem() {
    const auto result = tls_ ? SSL_get_verify_result(tls_->native_handle()) : X509_V_OK;
    return result == X509_V_OK ? "" : X509_verify_cert_error_string(result);
}

bool ClientConnection::idle_and_open() {
    char byte = 0;
    const auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace slipway::net
