// A cluster of three nodes without replicas, each with a third of the slots: 0–5460, 5461–10922, 10923–16383. All in
// the header, as it needs the room store/redis, which not every test of an engine has.
#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include "engines/redis_server.h"
#include "must.h"
#include "store/redis/client.h"

namespace slipway::test {

// Ready once made; throws when it does not become so.
class RedisClusterServers {
 public:
    std::vector<std::unique_ptr<RedisServer>> nodes;

    explicit RedisClusterServers(const std::string& engine) {
        for (int i = 0; i < 3; ++i) {
            RedisServerOptions options{.engine = engine};
            options.arguments = {
                "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no"};
            // Without a port of its own the bus listens 10,000 above the other, which may be none.
            buses_.push_back(free_port());
            options.arguments.insert(options.arguments.end(), {"--cluster-port", std::to_string(buses_.back())});
            nodes.push_back(std::make_unique<RedisServer>(options));
        }
        const int parts[] = {0, 5461, 10923, 16384};
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            const auto client = client_of(*nodes[i]);
            auto range = Command("CLUSTER").add("ADDSLOTSRANGE").add(parts[i]).add(parts[i + 1] - 1);
            must(run_to_end(client->run(std::move(range))));
            auto meet = Command("CLUSTER").add("MEET").add("127.0.0.1").add(nodes[0]->port()).add(buses_[0]);
            if (i > 0) must(run_to_end(client->run(std::move(meet))));
        }
        for (const auto& node : nodes) wait_until_whole(*node);
    }

 private:
    using Command = store::redis::Command;

    static std::unique_ptr<store::redis::Client> client_of(const RedisServer& server) {
        return must(open(must(store::redis::parse_url(server.url()))));
    }

    static void wait_until_whole(const RedisServer& node) {
        const auto client = client_of(node);
        for (int i = 0; i < 1500; ++i) {
            const auto info = run_to_end(client->run(Command("CLUSTER").add("INFO")));
            if (info && info->text.contains("cluster_state:ok") && info->text.contains("cluster_known_nodes:3") &&
                info->text.contains("cluster_slots_ok:16384"))
                return;
            run_to_end(sleep_for(Milliseconds(20)));
        }
        throw std::runtime_error("the cluster did not become whole");
    }

    std::vector<std::uint16_t> buses_;
};

}  // namespace slipway::test
