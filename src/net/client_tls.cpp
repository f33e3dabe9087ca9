#include "net/client_tls.h"

namespace slipway::net {

namespace ssl = boost::asio::ssl;

Result<std::unique_ptr<ssl::context>> client_tls(const std::optional<std::filesystem::path>& certificate_authorities) {
    boost::system::error_code error;
    auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
    context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    context->set_verify_mode(ssl::verify_peer);
    if (certificate_authorities) {
        context->load_verify_file(certificate_authorities->string(), error);
        if (error)
            return fail(ErrorCode::unavailable, "TLS cannot be used: {} holds no readable certificates (PEM).",
                        certificate_authorities->string());
    } else {
        context->set_default_verify_paths(error);
        if (error)
            return fail(ErrorCode::unavailable,
                        "TLS cannot be used: the system's certificates cannot be read; install ca-certificates.");
    }
    return context;
}

}  // namespace slipway::net
