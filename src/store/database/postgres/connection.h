// One connection to PostgreSQL on one event loop: statements go out in pipelines, nothing blocks.
//
// It belongs to the loop that opened it and serves one coroutine at a time. Whatever ends a pipeline before its last
// answer (a time-out, a cut, cancellation of the awaiting coroutine) breaks the connection: broken() is true, and
// destroying it asks the server to end the statement.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "store/database/postgres/failure.h"
#include "store/database/postgres/url.h"
#include "store/database/postgres/values.h"

namespace slipway::store::postgres {

using Clock = std::chrono::steady_clock;

struct Command {
    std::string_view sql;  // one statement
    const WireParameters* parameters = nullptr;
    bool may_be_prepared = true;
};

struct Clear {
    const Libpq* pq;
    void operator()(PGresult* result) const { pq->PQclear(result); }
};
using ResultPointer = std::unique_ptr<PGresult, Clear>;

// A request to end what runs on a connection; sent by a thread that may block.
class Cancellation {
 public:
    Cancellation(const Libpq& pq, PGcancel* request) : pq_(&pq), request_(request) {}
    Cancellation(Cancellation&& other) noexcept : pq_(other.pq_), request_(std::exchange(other.request_, nullptr)) {}
    Cancellation& operator=(Cancellation&&) = delete;
    ~Cancellation() { pq_->PQfreeCancel(request_); }
    void send();  // blocks

 private:
    const Libpq* pq_;
    PGcancel* request_;
};

class Connection {
 public:
    // Of those who close a broken one: takes the request to end its statement.
    using CancelSink = std::shared_ptr<std::function<void(Cancellation)>>;

    struct Opening {
        const Libpq* pq;
        const Target* target;
        std::string password;
        std::string address;  // of target->host; empty: libpq's own way (a socket of this machine)
        CancelSink cancel;
    };
    // `unavailable` says which server and why. Blocks for nothing but certificates in files.
    static Task<std::unique_ptr<Connection>> open(Opening opening);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // All in one message, answered in one: as many results as commands, in their order. After one that failed the
    // others are PGRES_PIPELINE_ABORTED. Statements outside of BEGIN … COMMIT are one transaction together. An error is
    // the connection's.
    Task<std::vector<ResultPointer>> run(const std::vector<Command>& commands, Milliseconds time_max);
    // Several statements separated by ';', without parameters.
    Task<ResultPointer> run_script(std::string script, Milliseconds time_max);

    // Nothing is under way on it, no transaction either.
    bool idle() const;
    // And the server has not left: asks the kernel.
    bool idle_and_open() const;
    bool broken() const { return broken_; }
    // It works, but is not to be used again: the server ends, or is a replica now.
    void retire() { retired_ = true; }
    // A statement was under way when it broke: whether it took effect is not known.
    bool sent() const { return sent_; }
    // Statements through it may be prepared: no pooler stands between.
    void set_preparing(bool preparing) { preparing_ = preparing; }
    int server_process() const { return pq_->PQbackendPID(handle_); }
    std::string_view parameter(const char* name) const;
    const Target& target() const { return *target_; }
    const Libpq& pq() const { return *pq_; }
    // A SCRAM verifier, to be freed with PQfreemem; nullptr when libpq cannot make one.
    char* encrypted_password(const std::string& password, const std::string& user) {
        return pq_->PQencryptPasswordConn(handle_, password.c_str(), user.c_str(), "scram-sha-256");
    }
    asio::any_io_executor executor() { return socket_.get_executor(); }

    std::shared_ptr<const void> place;  // of the pool; it is free again once the connection is closed
    Clock::time_point opened_at = Clock::now();
    Clock::time_point idle_since = Clock::now();

 private:
    static constexpr std::size_t kPreparedMax = 256;

    struct Deadline;

    Connection(Opening opening, asio::any_io_executor executor);
    Task<void> connect();
    Task<void> wait(bool writing, Clock::time_point end);
    Task<void> flush(Clock::time_point end);
    Task<ResultPointer> next_result(Clock::time_point end);
    Task<ResultPointer> one_result(Clock::time_point end);
    // `made`: for each command the SQL that is prepared with it, or empty.
    Task<std::vector<ResultPointer>> receive(std::vector<std::string> made, Clock::time_point end);
    Result<void> send(const std::vector<Command>& commands, std::vector<std::string>& made);
    bool send_one(const Command& command, std::vector<std::string>& made);
    void forget_prepared(const std::vector<std::string>& made, const std::vector<ResultPointer>& results);
    std::unexpected<Error> broke(std::string_view what = {});
    std::vector<const char*> connection_keywords(std::vector<const char*>& values) const;

    const Libpq* pq_;
    const Target* target_;
    std::string password_, address_;
    CancelSink cancel_;
    PGconn* handle_ = nullptr;
    asio::posix::stream_descriptor socket_;
    std::shared_ptr<Deadline> deadline_;
    std::map<std::string, std::string, std::less<>> prepared_;  // name by SQL
    std::size_t names_ = 0;
    bool preparing_ = false, broken_ = false, retired_ = false, sent_ = false;
};

}  // namespace slipway::store::postgres
