#include "serve/application.h"

#include "app/capabilities/events.h"
#include "app/operations/operations.h"
#include "base/crypto.h"
#include "base/log.h"
#include "knowledge/synonyms.h"
#include "model/metered.h"
#include "serve/agents_rows.h"
#include "serve/databases.h"
#include "serve/graph.h"
#include "serve/models.h"
#include "serve/restore.h"
#include "serve/stores.h"
#include "serve/wait_for_stores.h"
#include "serve/workspace_removal.h"

namespace slipway::serve {
namespace {

constexpr std::size_t kPoolThreads = 4;
constexpr std::size_t kFileThreads = 32;
constexpr std::size_t kReaderThreads = 2;  // each may need the memory of knowledge::ExtractLimits
constexpr std::string_view kObjectKeyName = "objects";

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
