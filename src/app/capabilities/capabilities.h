// What an application can do, as faces and scripts see it. Built by serve/, top to bottom; outlives them.
#pragma once

#include <functional>

#include "account/anonymous_users.h"
#include "account/authentication.h"
#include "account/credentials.h"
#include "account/identities.h"
#include "account/persons.h"
#include "app/capabilities/links.h"
#include "chat/service.h"
#include "file/service.h"
#include "job/service.h"
#include "knowledge/service.h"
#include "store/cache/cache.h"
#include "store/channels/channels.h"
#include "store/mail/mail.h"

namespace slipway::app {

class Events;

struct StoreHealth {
    // "database", "index", "objects", "files.NAME", "cache", "channels", "queue", "mail"
    std::string name;
    std::string url;     // without secrets; empty for files of this machine
    std::string engine;  // and its version
    std::int64_t latency_ms = 0;
    std::string error;   // empty: well
    bool needed = true;  // without it nothing can be served; else one function of many is missing
};

struct Capabilities {
    account::Accounts& accounts;
    account::Credentials& credentials;
    const account::Mails& mails;
    account::Persons& persons;
    account::Authentication& authentication;  // who makes a request
    account::AccessKeys& keys;
    account::Factors& factors;
    account::AnonymousUsers& anonymous;
    const account::Audit& audit;
    account::SigningKeys& signing_keys;
    account::Identities* identities;  // null: nobody signs in with another provider
    knowledge::Knowledge& knowledge;
    chat::Chats& chats;
    file::Files& files;
    job::Jobs& jobs;
    store::Cache& cache;
    store::Channels& channels;
    Events& events;
    store::Mail& mail;
    store::Mailbox mail_from;  // without an address nothing can be mailed
    const Links& links;
    // Asks every store.
    std::function<asio::awaitable<std::vector<StoreHealth>>()> stores;
    std::string chat_model;  // name of the model that answers
    bool production = false;
    std::string environment;
    account::Rights rights;
    int job_attempts = 5;
    // Whether users may start a job of that name; those of Slipway itself only the operator and the clock start.
    std::function<bool(std::string_view name)> has_job;
    // Signs the demo user in without a password; empty where there is none, as in production.
    std::function<Task<account::Tokens>()> sign_in_demo;
};

}  // namespace slipway::app
