#include "store/database/postgres/values.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace slipway::store::postgres {
namespace {

// Of pg_type.dat; these never change.
enum Type : Oid {
    kBool = 16,
    kBytea = 17,
    kName = 19,
    kInt8 = 20,
    kInt2 = 21,
    kInt4 = 23,
    kText = 25,
    kOid = 26,
    kJson = 114,
    kFloat4 = 700,
    kFloat8 = 701,
    kUnknown = 705,
    kBpchar = 1042,
    kVarchar = 1043,
    kVoid = 2278,
    kNumeric = 1700,
};

// From the bytes at `offset`; what the server sends of a type is never shorter than the type.
template <typename T>
T big_endian(std::string_view bytes, std::size_t offset = 0) {
    T value{};
    if (bytes.size() >= offset + sizeof value) std::memcpy(&value, bytes.substr(offset).data(), sizeof value);
    if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
    return value;
}

// numeric_send: digits of base 10,000 with the weight of the first. Sums of BIGINT come as this.
double number_of_numeric(std::string_view bytes) {
    const auto word = [&](std::size_t index) { return big_endian<std::int16_t>(bytes, index * 2); };
    const auto digits = static_cast<std::size_t>(word(0));
    const bool negative = word(2) == 0x4000;
    double value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10'000 + word(4 + i);
    value *= std::pow(10'000.0, word(1) - static_cast<int>(digits) + 1);
    return negative ? -value : value;
}

Value value_of_numeric(std::string_view bytes) {
    const double value = number_of_numeric(bytes);
    const auto scale = big_endian<std::int16_t>(bytes, 6);
    constexpr double kExactMax = 9'007'199'254'740'992.0;
    if (scale == 0 && std::fabs(value) <= kExactMax) return static_cast<std::int64_t>(value);
    return value;
}

Result<Value> value_of(Oid type, std::string_view bytes) {
    switch (type) {
        case kBool:
            return Value(!bytes.empty() && bytes[0] != 0);
        case kInt2:
            return Value(std::int64_t{big_endian<std::int16_t>(bytes)});
        case kInt4:
            return Value(std::int64_t{big_endian<std::int32_t>(bytes)});
        case kOid:
            return Value(std::int64_t{big_endian<std::uint32_t>(bytes)});
        case kInt8:
            return Value(big_endian<std::int64_t>(bytes));
        case kFloat4:
            return Value(double{std::bit_cast<float>(big_endian<std::uint32_t>(bytes))});
        case kFloat8:
            return Value(std::bit_cast<double>(big_endian<std::uint64_t>(bytes)));
        case kNumeric:
            return value_of_numeric(bytes);
        case kBytea:
            return Value(Bytes{std::string(bytes)});
        case kText:
        case kVarchar:
        case kBpchar:
        case kName:
        case kJson:
        case kUnknown:
            return Value(std::string(bytes));
        case kVoid:
            return Value();
        default:
            return fail(ErrorCode::internal, "A column of PostgreSQL's type {} came, which the port does not have.",
                        type);
    }
}

}  // namespace

void WireParameters::add(const char* value, std::size_t size, bool binary) {
    types_.push_back(binary ? static_cast<Oid>(kBytea) : Oid{0});
    values_.push_back(value);
    lengths_.push_back(static_cast<int>(size));
    formats_.push_back(binary ? 1 : 0);
}

Result<WireParameters> WireParameters::of(const Parameters& parameters) {
    WireParameters wire;
    wire.texts_.reserve(parameters.size());  // so that pointers into them stay
    for (const auto& parameter : parameters) {
        const auto& variant = parameter.variant();
        if (const auto* const text = std::get_if<std::string>(&variant)) {
            if (text->find('\0') != std::string::npos)
                return fail(ErrorCode::invalid, "A text with a NUL character cannot be stored.");
            wire.add(text->c_str(), text->size(), false);
        } else if (const auto* const bytes = std::get_if<Bytes>(&variant)) {
            wire.add(bytes->value.data(), bytes->value.size(), true);
        } else if (const auto* const whole = std::get_if<std::int64_t>(&variant)) {
            const auto& written = wire.texts_.emplace_back(fmt::format("{}", *whole));
            wire.add(written.c_str(), written.size(), false);
        } else if (const auto* const real = std::get_if<double>(&variant)) {
            const auto& written = wire.texts_.emplace_back(fmt::format("{}", *real));
            wire.add(written.c_str(), written.size(), false);
        } else {
            wire.add(nullptr, 0, false);
        }
    }
    return wire;
}

Result<Rows> rows_of(const Libpq& pq, const PGresult* result, std::size_t bytes_max) {
    const int columns = pq.PQnfields(result), rows = pq.PQntuples(result);
    std::vector<std::string> names;
    for (int column = 0; column < columns; ++column) names.emplace_back(pq.PQfname(result, column));
    std::vector<Value> cells;
    cells.reserve(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows));
    std::size_t bytes = 0;
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) {
            if (pq.PQgetisnull(result, row, column) != 0) {
                cells.emplace_back();
                continue;
            }
            const auto size = static_cast<std::size_t>(pq.PQgetlength(result, row, column));
            bytes += size;
            if (bytes > bytes_max)
                return fail(ErrorCode::internal, "A statement answered more than {} bytes; read in pages.", bytes_max);
            const std::string_view raw(pq.PQgetvalue(result, row, column), size);
            SLIPWAY_TRY(auto value, value_of(pq.PQftype(result, column), raw));
            cells.push_back(std::move(value));
        }
    }
    std::int64_t changed = 0;
    // A SELECT counts, too; what it found was not changed.
    const std::string_view command = pq.PQcmdStatus(const_cast<PGresult*>(result));
    if (const std::string_view told = pq.PQcmdTuples(const_cast<PGresult*>(result)); !command.starts_with("SELECT"))
        std::from_chars(told.data(), told.data() + told.size(), changed);
    return Rows(std::move(names), std::move(cells), changed);
}

}  // namespace slipway::store::postgres
