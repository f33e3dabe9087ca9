#include "store/aws/problem.h"

#include <algorithm>
#include <array>

#include <pugixml.hpp>

#include "base/json.h"
#include "base/text.h"

namespace slipway::store {
namespace {

constexpr std::size_t kMessageBytesMax = 300;
constexpr std::size_t kProblemBytesMax = 64 << 10;  // of a body that is looked at

template <std::size_t count>
bool is_one_of(std::string_view code, const std::array<std::string_view, count>& codes) {
    return std::ranges::find(codes, code) != codes.end();
}

constexpr std::array<std::string_view, 14> kBusy{"SlowDown",
                                                 "Throttling",
                                                 "ThrottlingException",
                                                 "ThrottledException",
                                                 "RequestThrottled",
                                                 "RequestThrottledException",
                                                 "TooManyRequestsException",
                                                 "RequestLimitExceeded",
                                                 "BandwidthLimitExceeded",
                                                 "LimitExceededException",
                                                 "ProvisionedThroughputExceededException",
                                                 "TransactionInProgressException",
                                                 "PriorRequestNotComplete",
                                                 "EC2ThrottledException"};
constexpr std::array<std::string_view, 6> kClock{"RequestTimeTooSkewed",  "RequestExpired",
                                                 "RequestInTheFuture",    "InvalidSignatureException",
                                                 "SignatureDoesNotMatch", "AuthFailure"};
constexpr std::array<std::string_view, 5> kStale{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired",
                                                 "InvalidToken", "UnrecognizedClientException"};
constexpr std::array<std::string_view, 7> kAbsent{"NoSuchKey",
                                                  "NotFound",
                                                  "ResourceNotFoundException",
                                                  "ParameterNotFound",
                                                  "NoSuchVersion",
                                                  "QueueDoesNotExist",
                                                  "AWS.SimpleQueueService.NonExistentQueue"};
constexpr std::array<std::string_view, 3> kConflict{"PreconditionFailed", "ConditionalRequestConflict",
                                                    "OperationAborted"};
constexpr std::array<std::string_view, 8> kRefused{
    "AccessDenied",         "AccessDeniedException",      "InvalidAccessKeyId",
    "InvalidClientTokenId", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
    "XAdminUserNotFound",   "AllAccessDisabled"};

// "com.amazonaws.sqs#QueueDoesNotExist:http://…" is QueueDoesNotExist.
std::string_view bare_code(std::string_view code) {
    code = code.substr(0, code.find(':'));
    const auto hash = code.rfind('#');
    return trim(hash == std::string_view::npos ? code : code.substr(hash + 1));
}

void read_json(std::string_view body, AwsProblem& problem) {
    const auto value = parse_json(body);
    if (!value || !value->is_object()) return;
    const auto& object = value->get_object();
    for (const char* const name : {"__type", "code", "Code"})
        if (problem.code.empty()) problem.code = bare_code(text_or(object, name));
    for (const char* const name : {"message", "Message"})
        if (problem.message.empty()) problem.message = text_or(object, name);
}

void read_xml(std::string_view body, AwsProblem& problem) {
    pugi::xml_document document;
    if (!document.load_buffer(body.data(), body.size())) return;
    auto error = document.child("Error");
    if (!error) error = document.child("ErrorResponse").child("Error");
    if (problem.code.empty()) problem.code = bare_code(error.child_value("Code"));
    problem.message = error.child_value("Message");
    if (problem.region.empty()) problem.region = error.child_value("Region");
}

std::string advice(const AwsProblem& problem) {
    if (problem.status == 301 || problem.code == "PermanentRedirect" || problem.code == "AuthorizationHeaderMalformed")
        return problem.region.empty() ? " Check the region." : " The region is " + problem.region + ".";
    if (problem.code == "NoSuchBucket") return " Check the name of the bucket.";
    if (kind_of(problem) == ProblemKind::clock) return " Check the secret key, and the clock of this machine.";
    const bool refused = problem.status == 401 || problem.status == 403 || is_one_of(problem.code, kRefused);
    if (refused || kind_of(problem) == ProblemKind::stale_credentials)
        return " Check the credentials and what they are allowed to do.";
    return "";
}

ErrorCode code_of(const AwsProblem& problem) {
    if (problem.status == 412 || is_one_of(problem.code, kConflict)) return ErrorCode::conflict;
    if (problem.status == 416 || problem.code == "InvalidRange") return ErrorCode::invalid;
    if (is_one_of(problem.code, kAbsent) || (problem.status == 404 && problem.code.empty()))
        return ErrorCode::not_found;
    const bool refused = problem.status == 401 || problem.status == 403 || is_one_of(problem.code, kRefused);
    if (refused || problem.code == "NoSuchBucket" || kind_of(problem) != ProblemKind::other)
        return ErrorCode::unavailable;
    return ErrorCode::upstream;
}

}  // namespace

AwsProblem read_problem(int status, const net::Headers& headers, std::string_view body) {
    AwsProblem problem{.status = status};
    problem.code = bare_code(headers.get("x-amzn-errortype"));
    problem.region = headers.get("x-amz-bucket-region");
    if (body.size() <= kProblemBytesMax) {
        const auto text = trim(body);
        if (text.starts_with('{')) read_json(text, problem);
        if (text.starts_with('<')) read_xml(text, problem);
    }
    problem.code = cut_utf8(to_valid_utf8(problem.code), kMessageBytesMax);
    problem.region = cut_utf8(to_valid_utf8(problem.region), kMessageBytesMax);
    problem.message = cut_utf8(collapse_spaces(to_valid_utf8(problem.message)), kMessageBytesMax);
    return problem;
}

ProblemKind kind_of(const AwsProblem& problem) {
    if (is_one_of(problem.code, kBusy) || problem.status == 429 || problem.status == 503) return ProblemKind::busy;
    if (is_one_of(problem.code, kClock)) return ProblemKind::clock;
    if (is_one_of(problem.code, kStale)) return ProblemKind::stale_credentials;
    if (problem.status >= 500 || problem.code == "InternalError" || problem.code == "RequestTimeout")
        return ProblemKind::broken;
    return ProblemKind::other;
}

Error error_of(const AwsProblem& problem, std::string_view host) {
    std::string said = problem.code.empty() ? fmt::format("status {}", problem.status) : problem.code;
    if (!problem.message.empty()) said += ": " + problem.message;
    if (!said.ends_with('.')) said += '.';
    Error error{code_of(problem), fmt::format("{} refused: {}{}", host, said, advice(problem))};
    return std::move(error).with("aws_code", json::string_view(problem.code)).with("status", problem.status);
}

}  // namespace slipway::store
