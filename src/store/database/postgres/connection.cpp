#include "store/database/postgres/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <poll.h>

#include "base/text.h"

namespace slipway::store::postgres {

// One timer for all waits of a connection; it ends the wait, not the coroutine.
struct Connection::Deadline {
    Deadline(const asio::any_io_executor& executor, asio::posix::stream_descriptor& watched)
        : timer(executor), socket(&watched) {}
    asio::steady_timer timer;
    asio::posix::stream_descriptor* socket;  // nullptr once the connection is gone
    bool passed = false;

    static void arm(const std::shared_ptr<Deadline>& deadline, Clock::time_point end) {
        deadline->passed = false;
        deadline->timer.expires_at(end);
        deadline->timer.async_wait([deadline](boost::system::error_code error) {
            // One that was under way when the timer was set anew is not meant.
            if (error || deadline->socket == nullptr || deadline->timer.expiry() > Clock::now()) return;
            deadline->passed = true;
            deadline->socket->cancel();
        });
    }
};

void Cancellation::send() {
    if (request_ == nullptr) return;
    char message[256];
    pq_->PQcancel(request_, message, sizeof message);  // that the statement ended meanwhile is no failure
}

Connection::Connection(Opening opening, asio::any_io_executor executor)
    : pq_(opening.pq),
      target_(opening.target),
      password_(std::move(opening.password)),
      address_(std::move(opening.address)),
      cancel_(std::move(opening.cancel)),
      socket_(executor),
      deadline_(std::make_shared<Deadline>(executor, socket_)) {}

Connection::~Connection() {
    deadline_->socket = nullptr;
    deadline_->timer.cancel();
    if (handle_ == nullptr) return;
    if (sent_ && cancel_ && *cancel_)
        if (PGcancel* const request = pq_->PQgetCancel(handle_)) (*cancel_)(Cancellation(*pq_, request));
    if (socket_.is_open()) socket_.release();  // libpq closes it
    pq_->PQfinish(handle_);
}

std::unexpected<Error> Connection::broke(std::string_view what) {
    broken_ = true;
    const auto shown = target_->shown();
    if (!what.empty()) return fail(ErrorCode::unavailable, "The database {} {}.", shown, what);
    return std::unexpected(connection_failure(handle_ ? pq_->PQerrorMessage(handle_) : "", shown));
}

// Until the socket can be read, or also written; then the caller asks libpq what it is about.
Task<void> Connection::wait(bool writing, Clock::time_point end) {
    using asio::experimental::awaitable_operators::operator||;
    using Kind = asio::posix::stream_descriptor;
    Deadline::arm(deadline_, end);
    boost::system::error_code error;
    if (writing) {
        auto readable = socket_.async_wait(Kind::wait_read, asio::as_tuple(asio::use_awaitable));
        auto writable = socket_.async_wait(Kind::wait_write, asio::as_tuple(asio::use_awaitable));
        auto either = std::move(readable) || std::move(writable);
        co_await std::move(either);
    } else {
        auto readable = socket_.async_wait(Kind::wait_read, asio::as_tuple(asio::use_awaitable));
        std::tie(error) = co_await std::move(readable);
    }
    const bool passed = deadline_->passed;
    deadline_->timer.cancel();
    if (passed) co_return broke("did not answer in time");
    if (error == asio::error::operation_aborted) co_return broke("was not waited for: the request was cancelled");
    if (error) co_return broke(error.message());
    co_return Result<void>();
}

Task<void> Connection::flush(Clock::time_point end) {
    for (;;) {
        const int left = pq_->PQflush(handle_);
        if (left == 0) co_return Result<void>();
        if (left < 0) co_return broke();
        SLIPWAY_CO_CHECK(co_await wait(true, end));
        // What the server says meanwhile is taken, or both would wait for each other.
        if (pq_->PQconsumeInput(handle_) == 0) co_return broke();
    }
}

// nullptr where libpq has none: between the results of a pipeline.
Task<ResultPointer> Connection::next_result(Clock::time_point end) {
    while (pq_->PQisBusy(handle_) != 0) {
        SLIPWAY_CO_CHECK(co_await wait(false, end));
        if (pq_->PQconsumeInput(handle_) == 0) co_return broke();
    }
    ResultPointer result(pq_->PQgetResult(handle_), Clear{pq_});
    if (pq_->PQstatus(handle_) == CONNECTION_BAD) co_return broke();
    co_return std::move(result);
}

// A result and the nullptr behind it.
Task<ResultPointer> Connection::one_result(Clock::time_point end) {
    SLIPWAY_CO_TRY(auto result, co_await next_result(end));
    if (!result) co_return broke("answered out of order");
    SLIPWAY_CO_TRY(const auto nothing, co_await next_result(end));
    if (nothing) co_return broke("answered out of order");
    co_return std::move(result);
}

bool Connection::send_one(const Command& command, std::vector<std::string>& made) {
    static const WireParameters kNone;
    const auto& given = command.parameters ? *command.parameters : kNone;
    made.emplace_back();
    auto known = preparing_ && command.may_be_prepared ? prepared_.find(command.sql) : prepared_.end();
    const bool room = prepared_.size() < kPreparedMax;
    if (known == prepared_.end()) {
        const std::string sql(command.sql);
        if (!preparing_ || !command.may_be_prepared || !room)
            return pq_->PQsendQueryParams(handle_, sql.c_str(), given.count(), given.types(), given.values(),
                                          given.lengths(), given.formats(), 1) == 1;
        known = prepared_.emplace(sql, fmt::format("s{}", names_++)).first;
        made.back() = sql;
        if (pq_->PQsendPrepare(handle_, known->second.c_str(), sql.c_str(), 0, nullptr) != 1) return false;
    }
    return pq_->PQsendQueryPrepared(handle_, known->second.c_str(), given.count(), given.values(), given.lengths(),
                                    given.formats(), 1) == 1;
}

Result<void> Connection::send(const std::vector<Command>& commands, std::vector<std::string>& made) {
    if (broken_) return broke();
    for (const auto& command : commands)
        if (!send_one(command, made)) return broke();
    if (pq_->PQpipelineSync(handle_) != 1) return broke();
    sent_ = true;
    return {};
}

// What was to be prepared at or behind a failure may not be there. A plan of a table that has changed since, or a name
// that a pooler does not know, makes the connection worthless.
void Connection::forget_prepared(const std::vector<std::string>& made, const std::vector<ResultPointer>& results) {
    bool failed = false;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto status = pq_->PQresultStatus(results[i].get());
        failed = failed || (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK);
        if (failed && !made[i].empty()) prepared_.erase(made[i]);
        const char* const state = pq_->PQresultErrorField(results[i].get(), PG_DIAG_SQLSTATE);
        if (state && (std::string_view(state) == "0A000" || std::string_view(state) == "26000")) broken_ = true;
    }
}

Task<std::vector<ResultPointer>> Connection::receive(std::vector<std::string> made, Clock::time_point end) {
    std::vector<ResultPointer> results;
    for (const auto& prepares : made) {
        ResultPointer failed(nullptr, Clear{pq_});
        if (!prepares.empty()) {
            SLIPWAY_CO_TRY(auto prepared, co_await one_result(end));
            if (pq_->PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) failed = std::move(prepared);
        }
        SLIPWAY_CO_TRY(auto result, co_await one_result(end));
        results.push_back(failed ? std::move(failed) : std::move(result));
    }
    SLIPWAY_CO_TRY(const auto sync, co_await next_result(end));
    if (!sync || pq_->PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) co_return broke("answered out of order");
    sent_ = false;
    forget_prepared(made, results);
    co_return std::move(results);
}

Task<std::vector<ResultPointer>> Connection::run(const std::vector<Command>& commands, Milliseconds time_max) {
    const auto end = Clock::now() + time_max;
    std::vector<std::string> made;
    SLIPWAY_CO_CHECK(send(commands, made));
    SLIPWAY_CO_CHECK(co_await flush(end));
    co_return co_await receive(std::move(made), end);
}

Task<ResultPointer> Connection::run_script(std::string script, Milliseconds time_max) {
    const auto end = Clock::now() + time_max;
    if (broken_ || pq_->PQexitPipelineMode(handle_) != 1) co_return broke();
    if (pq_->PQsendQuery(handle_, script.c_str()) != 1) co_return broke();
    sent_ = true;
    SLIPWAY_CO_CHECK(co_await flush(end));
    ResultPointer last(nullptr, Clear{pq_});
    for (;;) {
        SLIPWAY_CO_TRY(auto result, co_await next_result(end));
        if (!result) break;
        const bool failed = last && pq_->PQresultStatus(last.get()) == PGRES_FATAL_ERROR;
        if (!failed) last = std::move(result);
    }
    sent_ = false;
    if (pq_->PQenterPipelineMode(handle_) != 1 || !last) co_return broke();
    co_return std::move(last);
}

bool Connection::idle() const {
    return !broken_ && !retired_ && !sent_ && pq_->PQstatus(handle_) == CONNECTION_OK &&
           pq_->PQtransactionStatus(handle_) == PQTRANS_IDLE;
}

bool Connection::idle_and_open() const {
    if (!idle()) return false;
    pollfd look{.fd = pq_->PQsocket(handle_), .events = POLLIN, .revents = 0};
    return ::poll(&look, 1, 0) == 0;  // whatever comes now is a farewell
}

std::string_view Connection::parameter(const char* name) const {
    const char* const value = pq_->PQparameterStatus(handle_, name);
    return value ? value : "";
}

}  // namespace slipway::store::postgres
