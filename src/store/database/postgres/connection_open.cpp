#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>

#include "store/database/postgres/connection.h"

namespace slipway::store::postgres {
namespace {

void ignore_notice(void*, const PGresult*) {}  // they would go to standard error

}  // namespace

// libpq takes the last of a keyword; the password never stands in a string that is shown.
std::vector<const char*> Connection::connection_keywords(std::vector<const char*>& values) const {
    std::vector<const char*> keywords;
    const auto add = [&](const char* keyword, const char* value) {
        keywords.push_back(keyword);
        values.push_back(value);
    };
    add("application_name", "slipway");
    add("client_encoding", "UTF8");
    add("gssencmode", "disable");  // it would ask for tickets of whoever runs the server
    add("passfile", "/dev/null");
    for (const auto& [keyword, value] : target_->keywords) add(keyword.c_str(), value.c_str());
    if (!password_.empty()) add("password", password_.c_str());
    if (!address_.empty()) add("hostaddr", address_.c_str());
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    return keywords;
}

Task<std::unique_ptr<Connection>> Connection::open(Opening opening) {
    const auto executor = co_await asio::this_coro::executor;
    std::unique_ptr<Connection> connection(new Connection(std::move(opening), executor));
    SLIPWAY_CO_CHECK(co_await connection->connect());
    co_return std::move(connection);
}

Task<void> Connection::connect() {
    const auto end = Clock::now() + target_->connect_time_max;
    std::vector<const char*> values;
    const auto keywords = connection_keywords(values);
    handle_ = pq_->PQconnectStartParams(keywords.data(), values.data(), 0);
    if (handle_ == nullptr || pq_->PQstatus(handle_) == CONNECTION_BAD) co_return broke();
    pq_->PQsetNoticeReceiver(handle_, ignore_notice, nullptr);
    auto state = PGRES_POLLING_WRITING;  // as if PQconnectPoll had said so
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED) co_return broke();
        // The socket may be another one each time, also under the same number: it is watched through a copy.
        const int copy = ::dup(pq_->PQsocket(handle_));
        if (copy < 0) co_return broke("has no socket");
        socket_.assign(copy);
        const auto ready = co_await wait(state == PGRES_POLLING_WRITING, end);
        socket_.close();
        if (!ready) co_return std::unexpected(ready.error());
        state = pq_->PQconnectPoll(handle_);
    }
    password_.clear();
    socket_.assign(pq_->PQsocket(handle_));
    if (pq_->PQsetnonblocking(handle_, 1) != 0 || pq_->PQenterPipelineMode(handle_) != 1) co_return broke();
    co_return Result<void>();
}

}  // namespace slipway::store::postgres
