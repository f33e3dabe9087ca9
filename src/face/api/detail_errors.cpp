#include "face/api/detail_errors.h"

#include "base/text.h"
#include "face/api/errors.h"

namespace slipway::face {
namespace {

// details.errors of base/json_schema.h as FastAPI lists them.
json::array validation_detail(const json::array& errors) {
    json::array detail;
    for (const auto& entry : errors) {
        const auto* object = entry.if_object();
        if (object == nullptr) continue;
        json::array place{"body"};
        const auto path = text_or(*object, "path", text_or(*object, "field"));
        for (const auto part : split(path, '.'))
            if (!part.empty()) place.emplace_back(part);
        detail.push_back(json::object{{"type", text_or(*object, "type", "value_error")},
                                      {"loc", std::move(place)},
                                      {"msg", text_or(*object, "message")}});
    }
    return detail;
}

}  // namespace

net::Response render_detail_error(const net::Request& request, const Error& error) {
    auto response = render_error(request, error);
    json::object body;
    if (const auto* errors = array_in(error.details, "errors"); errors != nullptr && error.code == ErrorCode::invalid) {
        response.status = 422;
        body["detail"] = validation_detail(*errors);
    } else {
        body["detail"] = error.message;
    }
    response.body = write_json(body);
    return response;
}

}  // namespace slipway::face
