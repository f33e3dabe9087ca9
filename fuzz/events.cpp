// Server-sent events of a model provider: the same in one piece and byte by byte.
#include "net/client.h"
#include "target.h"

namespace {

using slipway::net::EventParser;
using slipway::net::ServerSentEvent;

std::optional<std::vector<ServerSentEvent>> read(std::string_view input, std::size_t piece) {
    EventParser parser(4096);
    std::vector<ServerSentEvent> all;
    for (std::size_t at = 0; at < input.size(); at += piece) {
        auto events = parser.feed(input.substr(at, piece));
        if (!events) return std::nullopt;
        for (auto& event : *events) all.push_back(std::move(event));
    }
    return all;
}

}  // namespace

SLIPWAY_FUZZ_TARGET(events) {
    using namespace slipway;
    const auto whole = read(input, input.size() + 1), pieces = read(input, 1), triples = read(input, 3);
    if (!whole || !pieces || !triples) {
        fuzz::require(input.size() > 4096, "only what is too long is refused");
        return;
    }
    fuzz::require(whole->size() == pieces->size() && whole->size() == triples->size(), "as many events");
    for (std::size_t i = 0; i < whole->size(); ++i)
        fuzz::require((*whole)[i].data == (*pieces)[i].data && (*whole)[i].event == (*triples)[i].event,
                      "the same events");
}
