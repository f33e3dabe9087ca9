#include "engines/certificates.h"

#include <cstdlib>
#include <stdexcept>

#include "base/error.h"

namespace slipway::test {
namespace {

void openssl(const std::string& arguments) {
    const auto command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 {} 2>/dev/null", arguments);
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl made no certificate: " + command);
}

}  // namespace

CertificateAuthority::CertificateAuthority() {
    openssl(fmt::format("-subj '/CN=authority of the tests' -keyout '{}' -out '{}'",
                        (folder_ / "authority.key").string(), file().string()));
}

CertificateAuthority::Certified CertificateAuthority::certify(std::string_view names) {
    const auto number = ++made_;
    Certified certified{.certificate = folder_ / fmt::format("server{}.pem", number),
                        .key = folder_ / fmt::format("server{}.key", number)};
    openssl(
        fmt::format("-CA '{}' -CAkey '{}' -subj /CN=server -addext 'subjectAltName={}' -addext "
                    "'basicConstraints=critical,CA:FALSE' -keyout '{}' -out '{}'",
                    file().string(), (folder_ / "authority.key").string(), names, certified.key.string(),
                    certified.certificate.string()));
    return certified;
}

}  // namespace slipway::test
