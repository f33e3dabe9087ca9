#include "app/manifest/verify.h"

#include "app/manifest/checks.h"
#include "base/json.h"
#include "net/http.h"

namespace slipway::app {

static void describe(Keys& keys, VerifyRequestSection& request) {
    keys.text("request", request.request, "Method and path: `GET /api/v1/health`.", {Form::line, true});
    keys.boolean("signed_in", request.signed_in, "As the user who verifies.");
    keys.integer("status", request.status, 200, 599, "Status that the answer must have.");
    keys.text("contains", request.contains, "What must stand somewhere in the answer.");
    keys.text("body", request.body, "JSON that is sent.", {Form::prose});
}

void describe(Keys& keys, VerifySection& verify) {
    keys.text("question", verify.question,
              "Asked of the model; the documents should answer it. Left out: the first of `site.starters`.");
    keys.named("requests", verify.requests, "Requests of the application's own, and what must come of them.");
}

void check_verify(Checks& checks) {
    for (const auto& request : checks.manifest.deploy.verify.requests) {
        const auto path = "deploy.verify.requests." + request.name;
        const auto space = request.request.find(' ');
        const auto method = net::method_from(request.request.substr(0, space));
        if (!method || space == std::string::npos || !request.request.substr(space + 1).starts_with("/"))
            checks.error(path + ".request", fmt::format("{}.request: \"{}\" is no request.", path, request.request),
                         "A method and a path: GET /api/v1/health.");
        if (!request.body.empty() && !parse_json(request.body))
            checks.error(path + ".body", fmt::format("{}.body is no JSON.", path));
    }
}

}  // namespace slipway::app
