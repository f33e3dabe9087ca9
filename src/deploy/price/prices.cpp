#include "deploy/price/prices.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>

#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr char kPrices[] = {
#embed "prices.tsv"
    , 0};
constexpr char kFreeTypes[] = {
#embed "free_types.txt"
    , 0};
constexpr std::size_t kColumns = 8;

bool read_number(std::string_view text, double& value) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() && value >= 0;
}

}  // namespace

Result<PriceTable> PriceTable::read(std::string_view text) {
    PriceTable table;
    std::size_t number = 0;
    for (const auto line : split(text, '\n')) {
        if (++number == 1 || line.empty()) continue;
        const auto cells = split(line, '\t');
        Price price;
        const bool right = cells.size() == kColumns && read_number(cells[2], price.usd) &&
                           read_number(cells[3], price.free) && cells[7].size() == 1 &&
                           std::string_view("ABC").contains(cells[7][0]);
        if (!right)
            return fail(ErrorCode::invalid,
                        "Line {} of the prices is not item, unit, usd, free, regions, source, date, confidence (A, B "
                        "or C) with tabs between them.",
                        number);
        price.item = cells[0];
        price.unit = cells[1];
        price.regions = split(cells[4], ' ');
        price.source = cells[5];
        price.date = cells[6];
        price.confidence = cells[7][0];
        table.prices_.push_back(std::move(price));
    }
    std::ranges::sort(table.prices_, {}, &Price::item);
    const auto twice = std::ranges::adjacent_find(table.prices_, {}, &Price::item);
    if (twice != table.prices_.end()) return fail(ErrorCode::invalid, "There are two prices of {}.", twice->item);
    return table;
}

const PriceTable& PriceTable::built_in() {
    static const PriceTable table = [] {
        auto read = PriceTable::read(kPrices);
        if (!read) std::abort();  // a test reads it
        return *std::move(read);
    }();
    return table;
}

const Price* PriceTable::find(std::string_view item) const {
    const auto found = std::ranges::lower_bound(prices_, item, {}, &Price::item);
    return found != prices_.end() && found->item == item ? &*found : nullptr;
}

bool is_free(std::string_view type) {
    static const auto types = [] {
        auto lines = split(kFreeTypes, '\n');
        return std::set<std::string_view>(lines.begin(), lines.end());
    }();
    return !type.empty() && types.contains(type);
}

}  // namespace slipway::deploy
