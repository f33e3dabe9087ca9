#include "net/server_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace slipway::net {
namespace {

constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2; those of 1.3 are all good

std::string last_reason() {
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "unknown reason";
}

int select_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_length, const unsigned char* offered,
                    unsigned offered_length, void*) {
    static constexpr unsigned char kOurs[] = "\x08http/1.1";
    auto* selected = const_cast<unsigned char**>(chosen);
    if (SSL_select_next_proto(selected, chosen_length, kOurs, sizeof kOurs - 1, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::unique_ptr<asio::ssl::context>> make_server_tls(const TlsFiles& files) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    auto* native = context->native_handle();
    ERR_clear_error();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(native, kCiphers);
    SSL_CTX_set_options(native, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // an idle connection keeps no record buffers
    SSL_CTX_set_alpn_select_cb(native, select_protocol, nullptr);
    if (SSL_CTX_use_certificate_chain_file(native, files.certificate_chain.c_str()) != 1)
        return fail(
            ErrorCode::invalid,
            "The TLS certificate chain {} cannot be used: {}. It must be a PEM file, the server's certificate first.",
            files.certificate_chain.string(), last_reason());
    if (SSL_CTX_use_PrivateKey_file(native, files.private_key.c_str(), SSL_FILETYPE_PEM) != 1)
        return fail(
            ErrorCode::invalid,
            "The TLS private key {} cannot be used: {}. It must be an unencrypted PEM file that fits the certificate.",
            files.private_key.string(), last_reason());
    return context;
}

}  // namespace slipway::net
