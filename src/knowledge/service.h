// Knowledge: documents in, passages out.
//
// Ingestion. A document's bytes are extracted, chunked, and kept: original in the object store, row and chunks in the
// database, passages in the index. The new version becomes visible in one database transaction after the index has it;
// the old one is removed afterwards. Chunk ids depend on the chunk's text only, so an edited document re-indexes (and
// re-embeds) just what changed. A crash at any point leaves the old version or the new one; recover() removes what is
// left over.
//
// Several processes may do all of this on one database, index and object store (holds.h): one of them works on a
// document, the others wait for it, and finish what one of them leaves undone when it dies.
//
// Retrieval. BM25 and, when an embedding model is configured, vectors; results are checked against the database, so
// what is not visible is never found.
//
// Thread safe. All operations are coroutines on the caller's loop; extraction runs on the pool of readers.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "base/keyed_lock.h"
#include "base/pool.h"
#include "knowledge/chunk.h"
#include "knowledge/extract.h"
#include "knowledge/holds.h"
#include "knowledge/types.h"
#include "model/embedding_model.h"
#include "store/database/database.h"
#include "store/objects/objects.h"

namespace slipway::knowledge {

struct KnowledgeOptions {
    std::string collection = "documents";
    std::string language = "english";
    std::vector<std::string> namespaces;  // empty: any
    std::string default_namespace;        // of a document that names none
    ChunkOptions chunk;
    ExtractLimits extract;
    std::size_t document_bytes_max = 50 << 20;
    std::size_t chunks_max = 10'000;  // of one document: about 12 MB of text
    bool mend_index = true;  // prepare() makes an index anew that lacks passages; false: the caller reindexes next
    HoldOptions holds;
};

struct DocumentPage {
    std::vector<Document> documents;
    std::int64_t total = 0;
};

// What becomes of a document, once it is stored: `status` is processing, indexed, failed (with why, also where the
// version before stays visible) or removed. Must not wait; called on the loop of who changed it.
using DocumentWatcher = std::function<void(const WorkspaceId& workspace, const Document& document,
                                           std::string_view status, std::string_view reason)>;

struct NamespaceCount {
    std::string name;
    std::int64_t documents = 0;
};

inline constexpr std::size_t kNeighboursMax = 5;

struct SearchRequest {
    std::string question;
    std::vector<std::string> earlier;     // what the user asked before in this conversation, oldest first
    std::vector<std::string> namespaces;  // empty: all
    store::Filter filter;
    std::size_t limit = 5;
    double minimum_score = 0;
    std::optional<QuestionVector> vector;  // made before, where that was for the completed question
};

struct SearchResult {
    std::string question;  // completed from the conversation
    std::vector<Found> found;
    std::string mode;                     // "text" or "text+vector"
    std::string note;                     // why vectors are not used, and the like
    std::optional<store::Vector> vector;  // of the completed question, where vectors were searched
};

struct KnowledgeStatus {
    std::int64_t documents = 0, indexed = 0, failed = 0, pending = 0, chunks = 0;
    std::uint64_t passages = 0;
    std::string embedding_model;  // empty: none
    bool reindex_needed = false;
    std::string note;
};

// What verify() saw.
struct Verification {
    std::int64_t documents = 0, passages = 0;
    std::vector<std::string> findings;  // sentences, at most 100; empty when all is well
};

class ProcessLease;
class Synonyms;
class Readings;
struct Candidate;
struct Prepared;  // an extracted and chunked document, see prepared.h

class Knowledge {
 public:
    // `readers` are the threads on which documents are extracted: a document may hold one for a minute, and what waits
    // on `pool` (passwords, questions, files) must not wait for it. It may be the same pool where nobody else waits.
    Knowledge(store::Database& database, store::Index& index, store::Objects& objects, WorkerPool& pool,
              WorkerPool& readers, std::shared_ptr<model::EmbeddingModel> embedding,
              std::shared_ptr<const Synonyms> synonyms, KnowledgeOptions options);

    // Before the first document.
    void on_change(DocumentWatcher tell) { changed_ = std::move(tell); }

    // Opens the collection, removes what a crash left, and makes the index anew where it was lost or is not whole.
    // Once, before anything else.
    Task<void> prepare(WorkspaceId workspace);
    // Finishes what an error, a backup or a process that died left undone. Skips documents that somebody works on.
    Task<void> recover(WorkspaceId workspace);
    // Whether recover() may have something to do: of this process's own, or, once in a lease while documents are asked
    // for, of another one.
    bool has_leftovers() const;

    // Returns when the document is durable and visible. `invalid` with details.reason for a document that cannot be
    // read.
    Task<IngestReport> put(WorkspaceId workspace, NewDocument document);
    // Makes a document `failed` that could not even be read, with the error's message as its reason.
    Task<void> record_failure(WorkspaceId workspace, const NewDocument& document, const Error& error);
    Task<IngestReport> change(WorkspaceId workspace, std::string id, DocumentChange change);
    Task<void> remove(WorkspaceId workspace, std::string id);
    // All documents, or all of a namespace. Returns how many.
    Task<std::size_t> remove_all(WorkspaceId workspace, std::optional<std::string> name_space);

    Task<Document> get(WorkspaceId workspace, std::string id);
    Task<Document> get_by_number(WorkspaceId workspace, std::int64_t number);
    Task<std::optional<Document>> find_source(WorkspaceId workspace, std::string source);
    Task<std::string> content(WorkspaceId workspace, std::string id);  // the extracted text
    // Of the file that the document was made from, all or a part.
    Task<store::Object> original(WorkspaceId workspace, Document document, std::optional<store::ByteRange> range = {});
    // Newest first.
    Task<DocumentPage> list(WorkspaceId workspace, std::optional<std::string> name_space, std::size_t offset,
                            std::size_t limit);
    Task<std::vector<NamespaceCount>> namespaces(WorkspaceId workspace);

    Task<SearchResult> search(WorkspaceId workspace, SearchRequest request);
    // Fills `before` and `after` with the text of so many chunks on each side, at most kNeighboursMax. What else is in
    // `found` may be read meanwhile.
    Task<void> add_neighbours(WorkspaceId workspace, std::vector<Found>& found, std::size_t neighbours);
    // What a search for this (completed) question begins with; for those who know the question before they search.
    Task<QuestionVector> embed_question(std::string question);

    // Makes the index of all workspaces anew from the database's chunks; embeds again when the model changed.
    // `progress` is told chunks done and all. `conflict` while another one does it.
    Task<std::size_t> reindex(std::function<void(std::size_t, std::size_t)> progress);
    Task<KnowledgeStatus> status(WorkspaceId workspace);
    // Compares row, chunks, passages and original of each document with each other. Reads everything.
    Task<Verification> verify(WorkspaceId workspace);

    // While the result lives, no process erases an original from the object store: what the database names now can be
    // copied. Documents are removed all the same; their originals go afterwards, by recover(). To be let go on the loop
    // of the caller.
    Task<std::shared_ptr<void>> hold_originals();
    // By this process or another. For what else a backup copies, too: whoever asks has told the database what is to go.
    Task<bool> originals_are_held();

    const KnowledgeOptions& options() const { return options_; }
    // Other processes may work on the same documents.
    bool shared() const { return holds_.shared(); }

 private:
    // One writer per source; `unavailable` when the one before takes too long.
    static constexpr Milliseconds kSourcePatience{120'000}, kNoPatience{1};
    void note_use() { used_at_ = steady_ms(); }
    static std::int64_t steady_ms() {
        return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    }
    Task<KeyedLock::Guard> hold_source(WorkspaceId workspace, std::string source,
                                       Milliseconds patience = kSourcePatience);
    struct Held {
        KeyedLock::Guard guard;
        Hold hold;
        Document document;  // read while it is held: what another writes meanwhile must not be written back
    };
    Task<Held> hold_document(WorkspaceId workspace, std::string id, Milliseconds patience = kSourcePatience);
    void tell_change(const WorkspaceId& workspace, const Document& document, std::string_view status,
                     std::string_view reason = "") const;
    Result<void> check_document(const NewDocument& document) const;
    struct Known;  // a row as it was read, see claim.h
    struct Claim;  // a row that is ours, announced: whatever is left of this attempt will be found through it
    // The outer ones while the source is held in this process; put_measured counts and times. `based_on`: the version
    // that the document was made from; `conflict` when it is another one now.
    Task<IngestReport> put_measured(WorkspaceId workspace, NewDocument document, std::optional<std::int64_t> based_on);
    Task<IngestReport> put_locked(WorkspaceId workspace, NewDocument document, std::optional<std::int64_t> based_on);
    Task<std::optional<Claim>> enter(WorkspaceId workspace, const NewDocument& document,
                                     std::optional<std::int64_t> based_on, std::string& content_hash,
                                     IngestReport& unchanged);
    Task<std::optional<Known>> find_known(WorkspaceId workspace, std::string source);
    Task<std::optional<Claim>> claim_row(WorkspaceId workspace, const NewDocument& document,
                                         std::optional<Known> known);
    Task<bool> insert_row(WorkspaceId workspace, const NewDocument& document, Document& row, std::string holder);
    Task<bool> mark_row(WorkspaceId workspace, const Known& known, std::string holder);
    Task<void> give_up(WorkspaceId workspace, const NewDocument& document, Claim& claim, const Error& error);
    Task<NewDocument> changed_document(WorkspaceId workspace, const Document& present, DocumentChange change);
    Task<IngestReport> index_document(WorkspaceId workspace, const NewDocument& document, Claim& claim,
                                      Prepared prepared);
    Task<IngestReport> abandon(WorkspaceId workspace, std::string document_id, Hold& hold, Error error);
    Task<void> take_back(WorkspaceId workspace, std::string document_id);
    Task<void> publish(WorkspaceId workspace, const Document& row, const Prepared& prepared, bool leaves_old,
                       Hold& hold);
    Task<void> find_visible(WorkspaceId workspace, const std::string& document_id, Prepared& prepared);
    Task<void> fill_vectors(Prepared& prepared);
    // To the index, in as many calls as it takes: what is not published yet is seen by nobody.
    Task<std::size_t> index_passages(WorkspaceId workspace, const Document& row, Prepared& prepared, bool exists,
                                     const Hold& hold);
    Task<void> add_passages(WorkspaceId workspace, std::vector<store::Passage> passages, const Hold& hold);
    // Both release the document, also when somebody else may have to look once more.
    Task<void> clean(WorkspaceId workspace, std::string document_id, Hold& hold);
    Task<void> forget(WorkspaceId workspace, std::string document_id, Hold& hold);
    Task<void> erase_stale(WorkspaceId workspace, std::string document_id, const Hold& hold);
    Task<void> recover_documents(WorkspaceId workspace);
    Task<void> recover_document(WorkspaceId workspace, std::string document_id, std::string source);
    Task<bool> begin_removal(WorkspaceId workspace, std::string id, std::string holder);
    void leave_for_later(std::string_view document_id, const Error& error);
    Task<bool> erase_originals(WorkspaceId workspace, std::string document_id, std::string kept, const Hold* hold);
    Task<void> mend_index();
    Task<std::optional<bool>> index_is_whole();
    Task<void> finish_index();
    Task<std::size_t> being_made();  // always an error: who makes the index, and how far
    Task<std::size_t> reindex_all(std::function<void(std::size_t, std::size_t)> progress, ProcessLease& lease);
    Task<void> check_embedding();
    Task<std::optional<std::string>> vectors_of_model();
    Task<void> remember_model();
    store::CollectionOptions collection_options() const;
    Task<std::size_t> reindex_whole(WorkspaceId workspace, Held& held, bool embed_anew);
    Task<std::size_t> reindex_chunks(WorkspaceId workspace, const Held& held, std::size_t first, bool embed_anew);
    Task<void> verify_document(WorkspaceId workspace, std::string document_id, Verification& seen);
    Task<void> compare_document(WorkspaceId workspace, std::string document_id, Verification& seen);
    Task<void> verify_original(WorkspaceId workspace, Document document, Verification& seen);
    Task<void> verify_passages(WorkspaceId workspace, Verification& seen);
    Task<std::vector<store::Hit>> ask_index(WorkspaceId workspace, const store::Query& query);
    Task<std::vector<Candidate>> hydrate(WorkspaceId workspace, const std::vector<store::Hit>& hits);
    Task<void> read_all(WorkspaceId workspace, std::vector<Candidate>& candidates);

    store::Database& database_;
    store::Index& index_;
    store::Objects& objects_;
    WorkerPool& pool_;
    WorkerPool& readers_;
    std::shared_ptr<model::EmbeddingModel> embedding_;
    std::shared_ptr<const Synonyms> synonyms_;
    KnowledgeOptions options_;
    DocumentWatcher changed_;
    std::atomic<bool> vectors_usable_{false};
    std::atomic<std::shared_ptr<const std::string>>
        note_;                            // why vectors are not used; null when they are, or when none are wanted
    std::shared_ptr<Readings> readings_;  // of passages that were found lately
    KeyedLock sources_;                   // see hold_source()
    Holds holds_;
    std::atomic<int> originals_held_{0};
    std::atomic<bool> unmended_{false};  // whether the index is whole could not be told yet
    // When this process last looked for what others left, and was last asked about documents; of the steady clock.
    std::atomic<std::int64_t> looked_at_{0}, used_at_{0};
};

}  // namespace slipway::knowledge
