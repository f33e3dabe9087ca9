#include "store/database/postgres/failure.h"

#include "base/text.h"

namespace slipway::store::postgres {
namespace {

std::string_view field_of(const Libpq& pq, const PGresult* result, int field) {
    const char* const text = pq.PQresultErrorField(result, field);
    return text ? std::string_view(text) : std::string_view();
}

Failure unavailable(std::string_view shown, std::string_view what, Again again = Again::no) {
    return {Error{ErrorCode::unavailable, fmt::format("The database {} {}.", shown, what), {}}, again};
}

// Class 23: what the tables promise.
Failure constraint(const Libpq& pq, const PGresult* result, std::string_view message) {
    Error error{ErrorCode::conflict, fmt::format("The data contradict what is stored: {}.", message), {}};
    const auto name = field_of(pq, result, PG_DIAG_CONSTRAINT_NAME);
    const auto column = field_of(pq, result, PG_DIAG_COLUMN_NAME);
    error.details["constraint"] = std::string(name.empty() ? column : name);
    return {std::move(error)};
}

Failure of_the_server(std::string_view state, std::string_view shown, std::string_view message) {
    if (state == "57014") return unavailable(shown, "took too long, and the statement was ended");
    if (state == kLockTimeOut) {
        auto failure = unavailable(shown, "is busy: a lock was not free in time");
        failure.error.details["sqlstate"] = kLockTimeOut;
        return failure;
    }
    if (state == "57P01" || state == "57P02") return unavailable(shown, "is being stopped", Again::connection);
    if (state == "57P03") return unavailable(shown, "is starting", Again::connection);
    if (state == "53300") return unavailable(shown, "has no connection free", Again::connection);
    if (state == "53100") return unavailable(shown, "has no room left on its disk");
    return unavailable(shown, fmt::format("cannot do this now ({}): {}", state, message));
}

}  // namespace

Failure failure_of(const Libpq& pq, const PGresult* result, std::string_view sql, std::string_view shown) {
    const auto state = field_of(pq, result, PG_DIAG_SQLSTATE);
    const auto message = field_of(pq, result, PG_DIAG_MESSAGE_PRIMARY);
    const auto kind = state.substr(0, 2);
    if (state == "40001" || state == "40P01")
        return {Error{ErrorCode::conflict, "Others changed the same rows at the same time; try again.", {}},
                Again::transaction};
    if (kind == "23") return constraint(pq, result, message);
    if (state == "25006") {
        auto failure = unavailable(shown, "is read only", Again::connection);
        failure.read_only = true;
        return failure;
    }
    if (kind == "53" || kind == "57" || kind == "58" || state == kLockTimeOut)
        return of_the_server(state, shown, message);
    if (message.find("hot standby") != std::string_view::npos)
        return unavailable(shown, "is a replica, and read only", Again::connection);
    if (kind == "22")
        return {Error{ErrorCode::invalid, fmt::format("A value does not suit its column: {}.", message), {}}};
    if (kind == "28")
        return {
            Error{ErrorCode::unavailable, fmt::format("The database {} does not let us in: {}.", shown, message), {}}};
    // What follows in a statement that makes a role is its password, or what is as good as one.
    const auto told = sql.substr(0, sql.find(" password "));
    Error error{ErrorCode::internal, fmt::format("PostgreSQL refuses a statement: {} in: {}", message, told), {}};
    error.details["sqlstate"] = std::string(state);
    return {std::move(error)};
}

Error connection_failure(std::string_view message, std::string_view shown) {
    const auto text = collapse_spaces(to_valid_utf8(message));
    return {ErrorCode::unavailable,
            text.empty() ? fmt::format("The connection to the database {} broke.", shown)
                         : fmt::format("The database {} cannot be reached: {}", shown, text),
            {}};
}

}  // namespace slipway::store::postgres
