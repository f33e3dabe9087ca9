// Links that open an original without a header: signed, for a limited time, for exactly that document.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/workspace.h"
#include "net/http.h"

namespace slipway::app {

class Links {
 public:
    Links(std::string secret, std::chrono::seconds valid_for) : secret_(std::move(secret)), valid_for_(valid_for) {}

    // "/api/documents/ID/file#page=3" → the same with expires, workspace and signature. Other URLs come back unchanged.
    std::string sign(const WorkspaceId& workspace, std::string_view url) const;
    // Signs the "url" of each source in an answer's JSON.
    void sign_sources(const WorkspaceId& workspace, json::array& sources) const;
    // The workspace that a signed request is for; nullopt when the signature is wrong or has expired.
    std::optional<WorkspaceId> verify(const net::Request& request) const;

 private:
    std::string signature(std::string_view path, std::string_view workspace, std::string_view expires) const;

    std::string secret_;
    std::chrono::seconds valid_for_;
};

}  // namespace slipway::app
