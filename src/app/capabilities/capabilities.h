// What an application can do, as faces and scripts see it. Built by serve/, top to bottom; outlives them.
#pragma once

#include <functional>

#include "account/service.h"
#include "app/capabilities/links.h"
#include "chat/service.h"
#include "knowledge/service.h"

namespace slipway::app {

struct StoreHealth {
    std::string name;    // "database", "index", "objects"
    std::string url;     // without secrets; empty for files of this machine
    std::string engine;  // and its version
    std::int64_t latency_ms = 0;
    std::string error;  // empty: well
};

struct Capabilities {
    account::Accounts& accounts;
    knowledge::Knowledge& knowledge;
    chat::Chats& chats;
    const Links& links;
    // Asks every store.
    std::function<asio::awaitable<std::vector<StoreHealth>>()> stores;
    std::string chat_model;  // name of the model that answers
    bool production = false;
    std::string environment;
    account::Rights rights;
    // Signs the demo user in without a password; empty where there is none, as in production.
    std::function<Task<account::Tokens>()> sign_in_demo;
};

}  // namespace slipway::app
