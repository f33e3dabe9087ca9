// A certificate authority of the tests, and what it certifies: servers that a client may trust, or has reason not to.
#pragma once

#include <filesystem>
#include <string_view>

#include "store/temporary_folder.h"

namespace slipway::test {

class CertificateAuthority {
 public:
    // Throws when openssl cannot be run.
    CertificateAuthority();

    // PEM, for those who trust it.
    std::filesystem::path file() const { return folder_ / "authority.pem"; }

    struct Certified {
        std::filesystem::path certificate, key;  // PEM; they go with the authority
    };
    // `names` as OpenSSL has them: "DNS:localhost,IP:127.0.0.1".
    Certified certify(std::string_view names);

 private:
    TemporaryFolder folder_;
    int made_ = 0;
};

}  // namespace slipway::test
