// Errors in a form of the application's own: fields, codes and statuses as the manifest says.
#include "face/api/own_errors.h"

#include <gtest/gtest.h>

#include "must.h"

namespace slipway::face {
namespace {

using test::must;

json::object body_of(const net::Response& response) {
    return must(parse_json(std::get<std::string>(response.body))).as_object();
}

net::Request request_of(std::string id) {
    net::Request request;
    request.request_id = std::move(id);
    return request;
}

const OwnErrors kForm{.body = {{"success", "{false}"},
                               {"error.code", "{code}"},
                               {"error.message", "{message}"},
                               {"error.details.errors", "{errors}"},
                               {"retry_after", "{retry_after}"},
                               {"detail", "{message} ({status})"}},
                      .codes = {{"unauthorized", "AUTHENTICATION_FAILED"}, {"unauthorized.expired", "token_expired"}},
                      .statuses = {{"invalid", "422"}, {"unauthorized.expired", "403"}}};

TEST(OwnErrors, FieldsLieWhereTheirNamesSayAndKeepTheirTypes) {
    const Error error{ErrorCode::not_found, "There is no such thing.", {}};
    const auto response = render_own_error(kForm, request_of("r1"), error);
    EXPECT_EQ(response.status, 404);
    const json::object expected{{"success", false},
                                {"error", {{"code", "not_found"}, {"message", "There is no such thing."}}},
                                {"detail", "There is no such thing. (404)"}};
    EXPECT_EQ(body_of(response), expected) << "what there is not is left out";
}

TEST(OwnErrors, CodesAndStatusesAreFoundByReasonThenByCode) {
    Error error{ErrorCode::unauthorized, "Sign in.", {}};
    auto response = render_own_error(kForm, request_of(""), error);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(body_of(response)["error"].at("code"), "AUTHENTICATION_FAILED");
    EXPECT_EQ(response.headers.get("WWW-Authenticate"), "Bearer");
    error.details["reason"] = "expired";
    response = render_own_error(kForm, request_of(""), error);
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(body_of(response)["error"].at("code"), "token_expired");
}

TEST(OwnErrors, FieldsThatDoNotFitAreListedAndWaitsAreWholeSeconds) {
    Error invalid{ErrorCode::invalid, "The body does not fit.", {}};
    invalid.details["errors"] =
        json::array{json::object{{"path", "name"}, {"message", "is missing"}, {"type", "missing"}}};
    const auto response = render_own_error(kForm, request_of(""), invalid);
    EXPECT_EQ(response.status, 422);
    const json::array expected{json::object{{"field", "name"}, {"message", "is missing"}, {"type", "missing"}}};
    EXPECT_EQ(body_of(response)["error"].at("details").at("errors"), expected);
    Error limited{ErrorCode::rate_limited, "Slower.", {{"retry_after_seconds", 1.2}}};
    EXPECT_EQ(body_of(render_own_error(kForm, request_of(""), limited))["retry_after"], 2);
}

TEST(OwnErrors, OutsideHandlersTheStatusOfHttpStays) {
    const Error error{ErrorCode::invalid, "Too long.", {}};
    EXPECT_EQ(render_own_http_error(kForm, request_of(""), 413, error).status, 413);
}

TEST(OwnErrors, WhatAClientSentIsNoPlaceholder) {
    const Error error{ErrorCode::invalid, "There is no {details} \"}{", {}};
    const auto response = render_own_error(kForm, request_of(""), error);
    EXPECT_EQ(body_of(response)["error"].at("message"), json::value(error.message));
    EXPECT_EQ(body_of(response)["detail"], json::value(error.message + " (422)"));
}

TEST(OwnErrors, WrongFormsAreTold) {
    EXPECT_TRUE(check_own_errors(kForm));
    EXPECT_FALSE(check_own_errors({}));
    auto wrong = kForm;
    wrong.body.emplace_back("more", "{massage}");
    EXPECT_NE(check_own_errors(wrong).error().message.find("{massage}"), std::string::npos);
    wrong = kForm;
    wrong.codes.emplace_back("not_there", "X");
    EXPECT_FALSE(check_own_errors(wrong));
    wrong = kForm;
    wrong.statuses.emplace_back("conflict", "200");
    EXPECT_FALSE(check_own_errors(wrong));
}

}  // namespace
}  // namespace slipway::face
