#include "net/client_tls.h"

namespace slipway::net {

Result<asio::ssl::context> client_tls(const std::optional<std::filesystem::path>& certificate_authorities) {
    boost::system::error_code error;
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                        asio::ssl::context::no_tlsv1_1);
    context.set_verify_mode(asio::ssl::verify_peer);
    if (certificate_authorities) {
        context.load_verify_file(certificate_authorities->string(), error);
        if (error)
            return fail(ErrorCode::unavailable, "TLS cannot be used: {} holds no readable certificates (PEM).",
                        certificate_authorities->string());
    } else {
        context.set_default_verify_paths(error);
        if (error)
            return fail(ErrorCode::unavailable,
                        "TLS cannot be used: the system's certificates cannot be read; install ca-certificates.");
    }
    return context;
}

}  // namespace slipway::net
