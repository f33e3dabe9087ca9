// One application, built from its manifest from top to bottom: stores, models, capabilities, the graph of agents,
// scripts.
#pragma once

#include <atomic>
#include <memory>

#include "app/capabilities/capabilities.h"
#include "app/manifest/manifest.h"
#include "app/script/host.h"
#include "net/client.h"
#include "serve/aws_access.h"
#include "serve/data_folder.h"
#include "serve/file_stores.h"
#include "serve/store_checks.h"
#include "serve/store_probe.h"

namespace slipway::serve {

enum class IndexUse : unsigned char {
    open,  // as it is
    anew,  // a damaged or foreign index file is removed; the caller runs Knowledge::reindex
};

class Application {
 public:
    // Opens everything, finishes a restore, migrates the database, cleans up after a crash. Blocks. `conflict` when
    // another process uses the data. Index and objects are waited for so long (wait_for_stores.h); 0: not at all.
    static Result<std::unique_ptr<Application>> open(app::Manifest manifest, Environment environment,
                                                     IndexUse index_use = IndexUse::open,
                                                     Milliseconds start_wait = Milliseconds(0));
    ~Application();
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;

    const app::Manifest& manifest() const { return manifest_; }
    const app::Capabilities& capabilities() const { return *capabilities_; }
    app::ScriptHost* scripts() { return scripts_.get(); }
    const agent::Graph& graph() const { return *graph_; }
    store::Database& database() { return *database_; }
    // stores.agents where that is a database of its own, else null: then database() keeps chats, too.
    store::Database* agents() { return agents_.get(); }
    store::Index& index() { return *index_; }
    store::Objects& objects() { return *objects_; }
    const std::vector<ServedFolder>& served_folders() const { return file_stores_.folders; }
    store::Queue& queue() { return *queue_; }
    job::Jobs& jobs() { return *jobs_; }
    account::Errands& errands() { return *errands_; }
    chat::Chats& chats() { return *chats_; }
    store::Channels& channels() { return *channels_; }
    app::Events& events() { return *events_; }
    WorkerPool& pool() { return pool_; }
    WorkerPool& readers() { return readers_; }  // extract documents, apart from what people wait for
    WorkerPool& files() { return files_; }      // wait for the disk, mostly; side by side it costs little more than one
    // The readiness path says no from now on, so that balancers look elsewhere.
    void begin_stopping() { stopping_ = true; }
    bool stopping() const { return stopping_; }
    account::SigningKeys& signing_keys() { return *signing_keys_; }
    const account::SigningKeys& signing_keys() const { return *signing_keys_; }
    // Its name, or empty when words alone are searched.
    std::string embedding_model() const { return embedding_ ? embedding_->name() : std::string(); }
    const DataFolder& folder() const { return folder_; }
    const WorkspaceId& workspace() const { return accounts_->workspace(); }

    // Somebody asked for something; whether it is so long ago that a database with idle=drain is to be left alone.
    void note_request() { last_request_ = now(); }
    bool may_rest() const { return rest_after_.has_value(); }
    bool quiet() const { return rest_after_ && now() - last_request_.load() > *rest_after_; }

    // What each store says, not older than a second.
    asio::awaitable<std::vector<app::StoreHealth>> check_stores() { return store_checks_.latest(); }
    asio::awaitable<app::StoreHealth> check_mail();

 private:
    Application(app::Manifest manifest, Environment environment, DataFolder folder);
    Result<void> open_stores(IndexUse index_use);
    std::vector<StoreProbe> store_probes();
    void add_further_probes();
    Result<void> open_models();
    // The manifest's, else one that was made once and lies in the data folder: signs access tokens, or seals the keys
    // that do.
    Result<std::string> token_secret() const;
    Result<void> open_signing_keys(const std::string& secret);
    Result<void> open_accounts();
    void open_edge(account::AuthenticationOptions& options);
    void open_identities();
    void open_factors(const std::string& secret);
    void open_authentication();
    Result<void> open_account_matters();
    void add_belongings();
    Result<void> open_knowledge(IndexUse index_use);
    Result<void> open_chats();
    Result<void> open_capabilities();
    void watch();
    Result<void> open_scripts();
    Task<account::Tokens> sign_in_demo();

    app::Manifest manifest_;
    Environment environment_;
    DataFolder folder_;
    WorkerPool pool_;
    WorkerPool readers_;
    WorkerPool files_;
    std::unique_ptr<AwsAccess> aws_;
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Database> agents_;
    std::unique_ptr<store::Index> index_;
    std::unique_ptr<store::Objects> objects_;
    FileStores file_stores_;
    std::unique_ptr<store::Cache> cache_;
    std::unique_ptr<store::Channels> channels_;
    std::unique_ptr<app::Events> events_;
    std::unique_ptr<store::Queue> queue_;
    std::unique_ptr<store::Mail> mail_;
    std::unique_ptr<job::Jobs> jobs_;
    std::vector<StoreProbe> probes_;
    StoreChecks store_checks_{[this] { return ask_stores(probes_); }};
    std::shared_ptr<net::Client> client_;
    std::shared_ptr<model::ChatModel> chat_model_;
    std::shared_ptr<model::EmbeddingModel> embedding_;
    std::unique_ptr<account::Audit> audit_;
    std::unique_ptr<account::Passwords> passwords_;
    std::unique_ptr<account::SigningKeys> signing_keys_;
    std::shared_ptr<net::Client> outside_;  // for addresses that others have a say in
    std::unique_ptr<account::Factors> factors_;
    std::unique_ptr<account::Accounts> accounts_;
    std::unique_ptr<account::EdgeIdentity> edge_;
    std::unique_ptr<account::Identities> identities_;
    std::unique_ptr<account::AnonymousUsers> anonymous_;
    std::unique_ptr<account::Errands> errands_;
    std::unique_ptr<account::Mails> mails_;
    std::unique_ptr<account::Credentials> credentials_;
    std::unique_ptr<account::Persons> persons_;
    std::unique_ptr<account::AccessKeys> keys_;
    std::unique_ptr<account::Authentication> authentication_;
    std::unique_ptr<knowledge::Knowledge> knowledge_;
    std::unique_ptr<file::Files> stored_files_;
    std::unique_ptr<agent::Graph> graph_;
    std::unique_ptr<chat::Chats> chats_;
    std::unique_ptr<app::Links> links_;
    std::unique_ptr<app::Capabilities> capabilities_;
    std::unique_ptr<app::ScriptHost> scripts_;
    std::atomic<bool> stopping_{false};
    std::optional<Milliseconds> rest_after_;
    std::atomic<Instant> last_request_{now()};
};

}  // namespace slipway::serve
