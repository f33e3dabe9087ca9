#include "serve/application.h"

#include "app/capabilities/events.h"
#include "app/operations/operations.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/sealed_box.h"
#include "knowledge/synonyms.h"
#include "model/metered.h"
#include "serve/agents_rows.h"
#include "serve/databases.h"
#include "serve/graph.h"
#include "serve/models.h"
#include "serve/outside.h"
#include "serve/restore.h"
#include "serve/stores.h"
#include "serve/wait_for_stores.h"
#include "serve/workspace_removal.h"
#include "store/cache/database_limiter.h"

namespace slipway::serve {
namespace {

constexpr std::size_t kPoolThreads = 4;
constexpr std::size_t kFileThreads = 32;
constexpr std::size_t kReaderThreads = 2;  // each may need the memory of knowledge::ExtractLimits
constexpr std::chrono::seconds kLinksValidFor = std::chrono::hours(12);
constexpr std::string_view kSecretName = "jwt";
constexpr std::string_view kObjectKeyName = "objects";
constexpr std::string_view kFactorKeyName = "second factors";
constexpr std::string_view kAuditKeyName = "seals of security events";

std::chrono::seconds seconds_of(Milliseconds duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

account::SessionOptions session_options(const app::Manifest& manifest, const std::string& secret, store::Cache& cache) {
    const auto& section = manifest.accounts;
    account::SessionOptions options;
    options.secret = secret;
    options.former_secrets = app::previous_secrets(section);
    const bool idle = section.session.idle > Milliseconds(0);
    options.idle = seconds_of(idle ? section.session.idle : section.refresh_token);
    options.absolute = seconds_of(section.session.absolute);
    options.one_per_device = section.session.one_per_device;
    options.checked = section.revocation == app::Revocation::immediate;
    if (manifest.stores.cache.scheme.starts_with("redis")) options.mirror = &cache;
    return options;
}

}  // namespace

Application::Application(app::Manifest manifest, Environment environment, DataFolder folder)
    : manifest_(std::move(manifest)),
      environment_(std::move(environment)),
      folder_(std::move(folder)),
      pool_("work", kPoolThreads),
      readers_("documents", kReaderThreads),
      files_("files", kFileThreads) {}

Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::open(app::Manifest manifest, Environment environment,
                                                       IndexUse index_use, Milliseconds start_wait) {
    SLIPWAY_TRY(auto folder, DataFolder::open(manifest.data));
    SLIPWAY_CHECK(finish_restore(folder, manifest));
    std::unique_ptr<Application> application(
        new Application(std::move(manifest), std::move(environment), std::move(folder)));
    SLIPWAY_CHECK(application->open_stores(index_use));
    application->probes_ = application->store_probes();
    if (start_wait > Milliseconds(0)) SLIPWAY_CHECK(wait_for_stores(application->probes_, start_wait));
    SLIPWAY_CHECK(application->open_models());
    SLIPWAY_CHECK(application->open_accounts());
    SLIPWAY_CHECK(application->open_limits());
    application->add_further_probes();
    SLIPWAY_CHECK(application->open_knowledge(index_use));
    SLIPWAY_CHECK(application->open_chats());
    SLIPWAY_CHECK(application->open_capabilities());
    SLIPWAY_CHECK(application->open_scripts());
    return application;
}

Result<void> Application::open_stores(IndexUse index_use) {
    aws_ = std::make_unique<AwsAccess>(environment_);
    SLIPWAY_TRY(database_, open_database(manifest_.stores, folder_, *aws_));
    SLIPWAY_TRY(agents_, open_agents_database(manifest_.stores, *aws_));
    if (agents_ != nullptr) SLIPWAY_CHECK(refuse_left_behind(*database_));
    auto& shared = index_is_in_agents(manifest_.stores) ? *agents_ : *database_;
    SLIPWAY_TRY(index_, open_index(manifest_.stores, shared, *aws_, index_use == IndexUse::anew));
    SLIPWAY_TRY(const auto object_key, folder_.secret(kObjectKeyName));
    const ObjectsSettings documents{.url = manifest_.stores.objects,
                                    .access_key = manifest_.stores.objects_access_key,
                                    .secret_key = manifest_.stores.objects_secret_key,
                                    .signing_key = object_key};
    SLIPWAY_TRY(objects_, open_objects(documents, files_, *aws_));
    SLIPWAY_TRY(file_stores_, open_file_stores(manifest_, *objects_, object_key, files_, *aws_));
    SLIPWAY_TRY(cache_, open_cache(manifest_));
    SLIPWAY_TRY(channels_, open_channels(manifest_));
    events_ = std::make_unique<app::Events>(*channels_);
    SLIPWAY_TRY(mail_, open_mail(manifest_.stores.mail, files_));
    SLIPWAY_TRY(rest_after_, rest_after(manifest_.stores));
    return {};
}

Result<void> Application::open_models() {
    net::ClientOptions options;
    options.environment = environment_;
    client_ = std::make_shared<net::Client>(std::move(options));
    SLIPWAY_TRY(embedding_, make_embedding_model(manifest_, environment_, client_, pool_));
    embedding_ = model::metered(embedding_);
    SLIPWAY_TRY(chat_model_, make_chat_model(manifest_, environment_, client_, embedding_));
    chat_model_ = model::metered(chat_model_);
    return {};
}

Result<std::string> Application::token_secret() const {
    const auto& given = manifest_.accounts.secret;
    // Only development gets further than this without one: the manifest refuses it elsewhere.
    if (!given.empty()) return given.reveal();
    return folder_.secret(kSecretName);
}

Result<void> Application::open_accounts() {
    const auto& section = manifest_.accounts;
    account::AccountOptions options;
    SLIPWAY_TRY(const auto secret, token_secret());
    options.claims = section.claims;
    options.access_token_valid_for = seconds_of(section.access_token);
    options.sessions = session_options(manifest_, secret, *cache_);
    options.verification = section.verification;
    options.registration_open = section.registration == app::RegistrationPolicy::open;
    options.attempts_max = section.attempts.max;
    options.attempts_window = seconds_of(section.attempts.window);
    options.workspace_name = section.workspace;
    links_ = std::make_unique<app::Links>(secret, kLinksValidFor);
    account::AuditOptions audited;
    audited.key = hmac_sha256(secret, kAuditKeyName);
    for (const auto& former : app::previous_secrets(section))
        audited.former_keys.push_back(hmac_sha256(former, kAuditKeyName));
    audit_ = std::make_unique<account::Audit>(*database_, std::move(audited));
    open_factors(secret);
    options.factors = factors_.get();
    SLIPWAY_CHECK(open_workspaces());
    if (section.workspaces.mode == app::WorkspaceMode::own) options.personal_workspaces = workspaces_.get();
    options.first_user_owns = section.workspaces.first_user_owns && !manifest_.production();
    account::PasswordOptions hashed;
    hashed.cost = section.argon2;
    hashed.length_min = section.password_length_min;
    hashed.threads = section.hashing.threads;
    hashed.memory_max = section.hashing.memory;
    hashed.waiting_max = section.hashing.waiting;
    passwords_ = std::make_unique<account::Passwords>(hashed);
    SLIPWAY_CHECK(open_signing_keys(secret));
    accounts_ =
        std::make_unique<account::Accounts>(*database_, *passwords_, *audit_, *signing_keys_, std::move(options));
    SLIPWAY_CHECK(run_to_end(accounts_->prepare()));
    outside_ = outside_client(manifest_);
    open_authentication();
    open_identities();
    SLIPWAY_TRY(queue_, open_queue(manifest_, *database_, accounts_->workspace(), *aws_));
    jobs_ = std::make_unique<job::Jobs>(*database_, *queue_);
    return open_account_matters();
}

void Application::open_factors(const std::string& secret) {
    const auto& section = manifest_.accounts;
    account::FactorOptions options;
    options.policy = section.factors;
    options.required_from = account::role_from(section.factors_required_from);
    options.key = derive_key(secret, kFactorKeyName);
    for (const auto& former : app::previous_secrets(section))
        options.former_keys.push_back(derive_key(former, kFactorKeyName));
    options.issuer = manifest_.title;
    options.step_up = seconds_of(section.step_up);
    factors_ = std::make_unique<account::Factors>(*database_, *cache_, *audit_, std::move(options));
}

void Application::open_authentication() {
    const auto& section = manifest_.accounts;
    account::KeyOptions kept;
    kept.prefix = section.keys.prefix;
    kept.rate_per_minute = section.keys.rate_per_minute;
    kept.rate_per_day = section.keys.rate_per_day;
    kept.beta_pattern = section.beta.pattern;
    keys_ = std::make_unique<account::AccessKeys>(*database_, *cache_, *audit_, std::move(kept));
    std::vector<account::ConfiguredToken> tokens;
    for (const auto& token : app::parse_list(section.beta.tokens.reveal()).value_or(std::vector<std::string>()))
        tokens.push_back({"", token, account::Proof::beta_token, section.beta.role, section.beta.rate_per_minute});
    for (const auto& service : section.service_tokens)
        tokens.push_back({service.name, service.secret.reveal(), account::Proof::service_token, service.role, {}});
    account::AnonymousOptions begun;
    begun.allowed = section.anonymous;
    begun.role = section.anonymous_role;
    begun.kept_for = seconds_of(section.anonymous_kept);
    anonymous_ =
        std::make_unique<account::AnonymousUsers>(*database_, *cache_, *audit_, *passwords_, *accounts_, begun);
    account::AuthenticationOptions options;
    options.service_header = section.service_header;
    open_edge(options);
    authentication_ = std::make_unique<account::Authentication>(
        *accounts_, *keys_, *factors_,
        account::ConfiguredTokens(token_secret().value_or(""), accounts_->workspace(), tokens), std::move(options));
}

Result<void> Application::open_limits() {
    if (manifest_.stores.cache.scheme == "memory" && database_->dialect().shared)
        database_limits_ = store::make_database_limiter(*database_);
    auto user_of = [this](const std::string& token) -> std::string {
        const auto claims = signing_keys_->verify_now(token);
        return claims ? std::string(text_or(*claims, "sub")) : std::string();
    };
    store::Limiter* limiter = database_limits_.get();
    if (limiter == nullptr) limiter = cache_.get();
    rate_limit_ = std::make_unique<RateLimit>(RateLimitOptions{.section = manifest_.server,
                                                               .limiter = *limiter,
                                                               .workspace = accounts_->workspace(),
                                                               .user_of = std::move(user_of)});
    return {};
}

Result<void> Application::open_knowledge(IndexUse index_use) {
    const auto& section = manifest_.knowledge;
    knowledge::KnowledgeOptions options;
    options.collection = section.collection;
    options.language = section.language;
    options.namespaces = section.namespace_names();
    options.default_namespace = section.default_namespace;
    options.chunk = section.chunk;
    options.document_bytes_max = section.upload_bytes_max;
    options.mend_index = index_use == IndexUse::open;
    std::shared_ptr<const knowledge::Synonyms> synonyms;
    if (!section.synonyms.empty()) {
        SLIPWAY_TRY(synonyms, knowledge::load_synonyms(section.synonyms, section.language));
    }
    knowledge_ = std::make_unique<knowledge::Knowledge>(*database_, *index_, *objects_, pool_, readers_, embedding_,
                                                        std::move(synonyms), std::move(options));
    SLIPWAY_CHECK(run_to_end(knowledge_->prepare(accounts_->workspace())));
    file::FilesOptions kept;
    kept.held = [this] { return knowledge_->originals_are_held(); };
    stored_files_ = std::make_unique<file::Files>(*database_, file_stores_.purposes, std::move(kept));
    return {};
}

Result<void> Application::open_chats() {
    SLIPWAY_TRY(graph_, make_graph(manifest_, *knowledge_, chat_model_));
    chat::ChatOptions options;
    options.message_bytes_max = manifest_.chat.message_bytes_max;
    options.message_characters_max = manifest_.chat.message_characters_max;
    options.history_tokens = static_cast<std::int64_t>(manifest_.chat.history_tokens);
    options.title_characters_max = manifest_.chat.title.characters_max;
    chats_ = std::make_unique<chat::Chats>(agents_ != nullptr ? *agents_ : *database_, *graph_, options);
    return {};
}

// Of what becomes of jobs the workers tell (background.cpp).
void Application::watch() {
    workspaces_->on_delete([this](WorkspaceId workspace) { return start_removal(*this, std::move(workspace)); });
    chats_->on_change(
        [this](const chat::Owner& owner, const chat::ChatChange& change) { events_->tell(owner, change); });
    knowledge_->on_change([this](const WorkspaceId& workspace, const knowledge::Document& document,
                                 std::string_view status,
                                 std::string_view reason) { events_->tell(workspace, document, status, reason); });
    jobs_->on_change([this](const WorkspaceId& workspace, std::string_view user, const job::Info& job) {
        events_->tell(workspace, user, job);
    });
}

Result<void> Application::open_capabilities() {
    watch();
    add_belongings();
    std::function<Task<account::Tokens>()> demo;
    if (manifest_.accounts.demo && !manifest_.production()) demo = [this] { return sign_in_demo(); };
    auto stores = [this] { return check_stores(); };
    auto has_job = [this](std::string_view name) {
        return scripts_ != nullptr && scripts_->has_handler(app::job_handler(name));
    };
    capabilities_ = std::make_unique<app::Capabilities>(
        app::Capabilities{.accounts = *accounts_,
                          .credentials = *credentials_,
                          .mails = *mails_,
                          .persons = *persons_,
                          .authentication = *authentication_,
                          .keys = *keys_,
                          .factors = *factors_,
                          .anonymous = *anonymous_,
                          .audit = *audit_,
                          .signing_keys = *signing_keys_,
                          .identities = identities_.get(),
                          .roles = *roles_,
                          .workspaces = *workspaces_,
                          .domains = *domains_,
                          .knowledge = *knowledge_,
                          .chats = *chats_,
                          .files = *stored_files_,
                          .jobs = *jobs_,
                          .cache = *cache_,
                          .channels = *channels_,
                          .events = *events_,
                          .mail = *mail_,
                          .mail_from = {manifest_.stores.mail_from, manifest_.title},
                          .links = *links_,
                          .stores = stores,
                          .chat_model = chat_model_->name(),
                          .production = manifest_.production(),
                          .environment = std::string(app::to_string(manifest_.environment)),
                          .rights = manifest_.accounts.roles.rights,
                          .job_attempts = manifest_.jobs.attempts,
                          .has_job = has_job,
                          .sign_in_demo = demo});
    return {};
}

Result<void> Application::open_scripts() {
    if (manifest_.script.files.empty()) return {};
    app::ScriptOptions options;
    options.folder = manifest_.folder;
    options.entries = manifest_.script.files;
    options.limits = manifest_.script.limits;
    options.development = !manifest_.production();
    for (const auto& operation : rate_limit_->operations())
        options.guards[operation] = [this, operation](const app::CallContext& context) -> Task<void> {
            if (context.request == nullptr) co_return Result<void>();
            co_return co_await rate_limit_->admit_operation(operation, *context.request);
        };
    scripts_ = std::make_unique<app::ScriptHost>(std::move(options));
    app::bind_operations(*scripts_, *capabilities_);
    return scripts_->load();
}

// The demo user is made when somebody first wants to be it.
Task<account::Tokens> Application::sign_in_demo() {
    const auto& demo = *manifest_.accounts.demo;
    auto known = co_await accounts_->find(demo.username);
    if (!known) {
        account::Registration registration;
        registration.email = demo.email;
        registration.username = demo.username;
        registration.password = demo.password.empty() ? random_token() : demo.password.reveal();
        auto made = co_await accounts_->enroll(std::move(registration));
        if (!made && made.error().code != ErrorCode::conflict) co_return pass(made);
        known = co_await accounts_->find(demo.username);
        if (!known) co_return pass(known);
    }
    co_return co_await accounts_->sign_in_without_password(*std::move(known));
}

std::vector<StoreProbe> Application::store_probes() {
    const auto& stores = manifest_.stores;
    auto ask_database = [this]() -> Task<std::string> {
        SLIPWAY_CO_TRY(const auto status, co_await database_->status());
        co_return status.engine;
    };
    auto ask_index = [this]() -> Task<std::string> {
        SLIPWAY_CO_TRY(const auto status, co_await index_->status());
        co_return status.engine;
    };
    auto ask_objects = [this, engine = objects_engine(stores.objects)]() -> Task<std::string> {
        SLIPWAY_CO_CHECK(co_await objects_->check());
        co_return engine;
    };
    std::vector<StoreProbe> probes{{"database", shown_url(stores.database.url.reveal()), ask_database},
                                   {"index", shown_url(stores.index.url.reveal()), ask_index},
                                   {"objects", shown_url(stores.objects.url.reveal()), ask_objects}};
    if (agents_ != nullptr) {
        auto ask_agents = [this]() -> Task<std::string> {
            SLIPWAY_CO_TRY(const auto status, co_await agents_->status());
            co_return status.engine;
        };
        probes.push_back({"agents", shown_url(stores.agents.url.reveal()), ask_agents});
    }
    for (const auto& store : file_stores_.stores) {
        auto ask = [&store]() -> Task<std::string> {
            SLIPWAY_CO_CHECK(co_await store.objects->check());
            co_return store.engine;
        };
        probes.push_back({"files." + store.purpose, store.url, ask});
    }
    return probes;
}

// Those without which questions can be answered; not waited for at the start.
void Application::add_further_probes() {
    auto ask_cache = [this]() -> Task<std::string> {
        SLIPWAY_CO_TRY(const auto status, co_await cache_->status());
        co_return status.engine;
    };
    auto ask_channels = [this]() -> Task<std::string> {
        SLIPWAY_CO_TRY(const auto status, co_await channels_->status());
        co_return status.engine;
    };
    auto ask_queue = [this]() -> Task<std::string> {
        SLIPWAY_CO_TRY(const auto status, co_await queue_->status());
        co_return status.engine;
    };
    const auto& stores = manifest_.stores;
    probes_.push_back({"cache", shown_url(stores.cache.url.reveal()), ask_cache, false});
    probes_.push_back({"channels", shown_url(stores.channels.url.reveal()), ask_channels, false});
    probes_.push_back({"queue", shown_url(stores.queue.url.reveal()), ask_queue, false});
}

// Apart from the others: a mail server is not to be bothered by each probe.
asio::awaitable<app::StoreHealth> Application::check_mail() {
    auto ask = [this]() -> Task<std::string> {
        SLIPWAY_CO_TRY(const auto status, co_await mail_->status());
        co_return status.engine;
    };
    const std::vector<StoreProbe> probes{{"mail", shown_url(manifest_.stores.mail.url.reveal()), ask, false}};
    auto health = co_await ask_stores(probes);
    co_return std::move(health.front());
}

}  // namespace slipway::serve
