// What a service of AWS says when it refuses, in each of its protocols, and what that means to us. Sources: "AWS JSON
// 1.0/1.1" and "REST-XML" protocols of Smithy, "Query" protocol of STS, "Error Responses" of S3.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http.h"

namespace slipway::store {

struct AwsProblem {
    int status = 0;
    std::string code;     // "NoSuchKey", "ThrottlingException"; empty when the answer names none
    std::string message;  // theirs, at most 300 bytes
    std::string region;   // where a bucket lies, when that is what is wrong
};

// Of an answer that is not 2xx, or of one that is and holds an error all the same (S3's Copy and Complete). Takes any
// bytes.
AwsProblem read_problem(int status, const net::Headers& headers, std::string_view body);

enum class ProblemKind : unsigned char {
    other,
    busy,               // it did nothing and wants us to be slower
    broken,             // 5xx: it may have done it or not
    clock,              // the time of the signature was not its time
    stale_credentials,  // they have expired, or it knows them no more
};
ProblemKind kind_of(const AwsProblem& problem);

// `not_found` (an object, a secret, a parameter), `conflict` (a condition did not hold), `invalid` (a range outside),
// `unavailable` (it is busy or broken, the bucket is missing, it refuses us: nothing that whoever asked can help),
// `upstream` (anything else). details.aws_code and details.status tell the program; the message tells a person.
Error error_of(const AwsProblem& problem, std::string_view host);

}  // namespace slipway::store
