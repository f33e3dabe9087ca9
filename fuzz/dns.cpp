// Two bytes of an id, then a message that a resolver might send, beside the question it is to answer. What is taken for
// an answer repeats id and name; a name of a domain is ASCII, and made again the same.
#include "account/domains.h"
#include "net/dns_message.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(dns) {
    using namespace slipway;
    constexpr std::string_view kName = "_verify.example.org";
    const auto answer = net::read_txt_answer(input, 0x1234, kName);
    if (answer) {
        fuzz::require(input.size() >= 12 && input.substr(0, 2) == "\x12\x34", "an answer repeats the id");
        fuzz::require(answer->texts.size() <= net::kDnsRecordsMax, "records are few");
    }
    const auto question = net::txt_question(0x1234, input);
    if (question) fuzz::require(question->size() <= 12 + 255 + 4, "a question is short");
    const auto name = account::dns_name(input);
    if (!name) return;
    fuzz::require(
        name->size() <= 253 &&
            std::ranges::all_of(
                *name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; }),
        "a name is ASCII in lower case");
    fuzz::require(account::dns_name(*name).value_or("") == *name, "a name stays what it is");
}
