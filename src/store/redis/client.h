// A client of Redis, Valkey and what speaks like them (ElastiCache): RESP3 and RESP2, TLS, clusters.
//
// Thread safe; may be used from any number of event loops of one thread each. Connections belong to the loop that made
// them (LoopLines); coroutines of a loop share them, so that what many ask goes out together. The number of connections
// of all loops has a cap. A broken connection is made anew by the next command; after a failed try commands are refused
// at once with the reason until the back-off is over.
//
// What was acknowledged is as durable as the server's `appendfsync` says, and after a failover as its replication.
// Destroy the client after the loops of its callers, or stop using it on them.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/redis/command.h"
#include "store/redis/reply.h"
#include "store/redis/subscription.h"
#include "store/redis/url.h"

namespace slipway::store::redis {

struct ServerStatus {
    std::string engine;  // "Redis 7.0.15", "Valkey 9.1.2"
    Milliseconds latency{0};
};

class Client {
 public:
    // Errors of all: `unavailable` (cannot connect, refused, time-out, cut, read only, full, cancelled), `upstream`
    // (not RESP, larger than a limit), `internal` (a command that is wrong). details.redis holds the first word of the
    // server's error. No message holds an argument or the password. A command that broke off may have run; one that is
    // repeatable() is sent a second time then.
    Task<Reply> run(Command command);
    // One after the other on one connection, in one go. Errors of single commands are replies.
    // In a cluster all keys must be on one node; what moved meanwhile is run again by itself, later than the others.
    Task<std::vector<Reply>> run_all(std::vector<Command> commands);
    // By its SHA-1; with its text when the server does not know it. At least one key in a cluster.
    Task<Reply> evaluate(const Script& script, std::vector<std::string> keys, std::vector<std::string> arguments);
    // A connection of its own, beside the cap.
    Task<std::unique_ptr<Subscription>> subscribe(std::vector<std::string> channels);

    // Waits until the server answers, at most so long; then the reason why not. For the start.
    Task<void> wait_until_ready(Milliseconds patience);
    Task<ServerStatus> status();
    std::string place() const;  // "redis://host:port/0"

 private:
    friend Result<std::unique_ptr<Client>> open(Options options);
    struct State;
    struct Attempt;
    explicit Client(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

// Connects nothing yet. `unavailable` when the certificates to trust cannot be read.
Result<std::unique_ptr<Client>> open(Options options);

}  // namespace slipway::store::redis
