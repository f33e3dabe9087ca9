// What a mail server answers, in pieces of any size: the first byte says how large.
#include "store/mail/smtp_reply.h"

#include "base/text.h"
#include "target.h"

namespace {

using namespace slipway;

std::optional<std::vector<store::SmtpReply>> parse(std::string_view bytes, std::size_t piece) {
    std::vector<store::SmtpReply> replies;
    store::SmtpReplyParser parser;
    while (!bytes.empty()) {
        const auto used = parser.feed(bytes.substr(0, piece));
        if (!used) return std::nullopt;
        fuzz::require(*used > 0 && *used <= std::min(piece, bytes.size()), "it takes what it was given");
        bytes.remove_prefix(*used);
        if (parser.done()) replies.push_back(parser.take());
    }
    return replies;
}

}  // namespace

SLIPWAY_FUZZ_TARGET(smtp_reply) {
    if (input.empty()) return;
    const std::size_t piece = 1 + static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    const auto whole = parse(input, input.size() + 1);
    const auto pieces = parse(input, piece);
    fuzz::require(whole.has_value() == pieces.has_value(), "pieces change nothing");
    if (!whole) return;
    fuzz::require(whole->size() == pieces->size(), "as many replies");
    for (std::size_t i = 0; i < whole->size(); ++i) {
        const auto& reply = (*whole)[i];
        fuzz::require(reply.code == (*pieces)[i].code && reply.lines == (*pieces)[i].lines, "the same replies");
        fuzz::require(reply.code >= 200 && reply.code <= 599 && !reply.lines.empty(), "a code and a line");
        fuzz::require(reply.lines.size() <= store::kSmtpLinesMax, "a bounded number of lines");
        const auto text = reply.text();
        fuzz::require(is_valid_utf8(text) && text.size() <= 300, "a text for people");
        static_cast<void>(store::extensions_of(reply));
    }
}
