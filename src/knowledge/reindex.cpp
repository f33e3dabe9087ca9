// The index made anew from the database, and the question whether it fits the embedding model of today.
#include <array>

#include "knowledge/leases.h"
#include "knowledge/prepared.h"
#include "knowledge/tables.h"

namespace slipway::knowledge {
namespace {

constexpr Milliseconds kReindexPause{60'000};  // after one that failed, before anybody tries again

}  // namespace

store::CollectionOptions Knowledge::collection_options() const {
    store::CollectionOptions options;
    options.language = options_.language;
    if (embedding_) {
        options.dimension = embedding_->dimension();
        options.embedding_model = embedding_->name();
    }
    return options;
}

Task<void> Knowledge::check_embedding() {
    SLIPWAY_CO_TRY(const auto info, co_await index_.describe(options_.collection));
    SLIPWAY_CO_TRY(const auto vectors_of, co_await vectors_of_model());
    vectors_usable_ = false;
    note_.store(nullptr);
    if (!info) {
        SLIPWAY_CO_CHECK(co_await index_.ensure(options_.collection, collection_options()));
        vectors_usable_ = embedding_ != nullptr;
        if (!vectors_of) SLIPWAY_CO_CHECK(co_await remember_model());
        co_return Result<void>();
    }
    const auto wanted = collection_options();
    const auto& present = info->options;
    if (present.language != wanted.language)
        co_return fail(
            ErrorCode::conflict,
            "The index was made for the language '{}', the manifest says '{}'. Run `slipway reindex` to make it anew.",
            present.language, wanted.language);
    if (!embedding_) co_return Result<void>();
    if (present.embedding_model == wanted.embedding_model && present.dimension == wanted.dimension &&
        vectors_of.value_or(wanted.embedding_model) == wanted.embedding_model) {
        vectors_usable_ = true;
        if (!vectors_of) SLIPWAY_CO_CHECK(co_await remember_model());
        co_return Result<void>();
    }
    const auto before =
        present.embedding_model.empty() ? std::string("no embedding model") : "'" + present.embedding_model + "'";
    note_.store(std::make_shared<const std::string>(
        fmt::format("The index was made with {}; searching by words only. Run `slipway reindex` to use '{}'.", before,
                    wanted.embedding_model)));
    co_return Result<void>();
}

// The model that the database's vectors come from; the index, which can be lost, does not have to know.
Task<std::optional<std::string>> Knowledge::vectors_of_model() {
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database_.read(store::Scope::system(), "select value from knowledge_state where name = 'vectors'"));
    co_return rows.empty() ? std::nullopt : std::optional<std::string>(rows.front().text("value"));
}

Task<void> Knowledge::remember_model() {
    if (!embedding_) co_return Result<void>();
    store::Parameters name{embedding_->name()};
    SLIPWAY_CO_CHECK(
        co_await database_.write(store::Scope::system(),
                                 "insert into knowledge_state(workspace, name, value) values ('', 'vectors', $1) "
                                 "on conflict(workspace, name) do update set value = excluded.value",
                                 std::move(name)));
    co_return Result<void>();
}

Task<std::size_t> Knowledge::reindex(std::function<void(std::size_t, std::size_t)> progress) {
    const auto guard = co_await sources_.acquire(std::string(kIndexLease), kNoPatience);
    if (!guard) co_return fail(ErrorCode::conflict, "The index is being made anew already; wait for its end.");
    SLIPWAY_CO_TRY(auto lease, co_await ProcessLease::take(database_, holds_, std::string(kIndexLease)));
    if (!lease) co_return co_await being_made();
    auto done = co_await reindex_all(std::move(progress), *lease);
    // Its row says that the index is not whole, until that was done to the end, by us or by another.
    if (done) {
        SLIPWAY_CO_CHECK(co_await lease->end());
    } else {
        static_cast<void>(co_await lease->put_off(kReindexPause));
    }
    co_return done;
}

Task<std::size_t> Knowledge::being_made() {
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database_.read(store::Scope::system(),
                                "select done, total from knowledge_leases where workspace = '' and name = 'index'"));
    const auto total = rows.empty() ? 0 : rows.front().integer("total");
    const auto done = rows.empty() ? 0 : rows.front().integer("done");
    co_return fail(ErrorCode::conflict,
                   "Another server makes the index anew ({} of {} passages); wait for its end, which needs no help. "
                   "Where it died or failed, others go on after a minute.",
                   done, total);
}

Task<std::size_t> Knowledge::reindex_all(std::function<void(std::size_t, std::size_t)> progress, ProcessLease& lease) {
    SLIPWAY_CO_TRY(const auto vectors_of, co_await vectors_of_model());
    const bool embed_anew = embedding_ && vectors_of && *vectors_of != embedding_->name();
    SLIPWAY_CO_CHECK(co_await index_.renew(options_.collection, collection_options()));
    vectors_usable_ = embedding_ != nullptr;
    // After the renewal: whoever wrote to the index that is gone is among these, and is waited for.
    SLIPWAY_CO_TRY(const auto documents,
                   co_await database_.read(store::Scope::system(),
                                           "select id, workspace, chunks from documents where version > 0 or dirty > 0 "
                                           "order by workspace, number"));
    std::size_t all = 0, done = 0;
    for (const auto row : documents) all += static_cast<std::size_t>(row.integer("chunks"));
    std::vector<std::size_t> busy, order(documents.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const std::array patiences{kNoPatience, kSourcePatience};
    for (const auto patience : patiences) {
        for (const auto i : order) {
            SLIPWAY_CO_CHECK(lease.check());
            WorkspaceId workspace{documents[i].text("workspace")};
            auto held = co_await hold_document(workspace, documents[i].text("id"), patience);
            if (!held && held.error().code == ErrorCode::not_found) continue;  // removed meanwhile
            const bool later = !held && held.error().code == ErrorCode::unavailable && patience == kNoPatience;
            if (later) busy.push_back(i);
            if (later) continue;
            if (!held) co_return pass(held);
            SLIPWAY_CO_TRY(const auto count, co_await reindex_whole(std::move(workspace), *held, embed_anew));
            done += count;
            lease.tell(done, all);
            if (progress) progress(done, all);
        }
        order = std::exchange(busy, {});
    }
    SLIPWAY_CO_CHECK(co_await remember_model());
    note_.store(nullptr);
    co_return done;
}

Task<std::size_t> Knowledge::reindex_whole(WorkspaceId workspace, Held& held, bool embed_anew) {
    std::size_t done = 0;
    for (std::size_t count = kChunksAtOnce; count == kChunksAtOnce; done += count) {
        SLIPWAY_CO_TRY(count, co_await reindex_chunks(workspace, held, done, embed_anew));
    }
    SLIPWAY_CO_CHECK(co_await holds_.release(std::move(workspace), held.document.id, held.hold));
    co_return done;
}

// From chunk `first` on, at most kChunksAtOnce.
Task<std::size_t> Knowledge::reindex_chunks(WorkspaceId workspace, const Held& held, std::size_t first,
                                            bool embed_anew) {
    const auto& document = held.document;
    const auto sql = fmt::format(
        "select {}, c.vector from document_chunks c where {} and c.ordinal >= $2 and c.ordinal < $3 order by c.ordinal",
        kChunkColumns, kOfDocument);
    store::Parameters part{document.id, first, first + kChunksAtOnce};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace, sql, std::move(part)));
    std::vector<PreparedChunk> chunks;
    std::vector<std::string> texts;
    std::vector<std::size_t> missing;
    for (const auto row : rows) {
        PreparedChunk chunk;
        chunk.id = row.text("chunk_id");
        chunk.text = row.text("text");
        chunk.place = place_of(row);
        const auto vector = row.bytes("vector");
        if (embedding_ && !embed_anew && vector.size() == embedding_->dimension() * sizeof(float))
            chunk.vector = vector_of(vector);
        else if (embedding_) {
            texts.push_back(embedding_text(document.title, chunk));
            missing.push_back(chunks.size());
        }
        chunks.push_back(std::move(chunk));
    }
    if (!texts.empty()) {
        SLIPWAY_CO_TRY(auto vectors, co_await embedding_->embed(std::move(texts)));
        for (std::size_t i = 0; i < missing.size(); ++i) chunks[missing[i]].vector = std::move(vectors[i]);
        auto body = [&](store::Transaction& transaction) -> Task<void> {
            for (const auto i : missing) {
                store::Parameters values{document.id, chunks[i].id, bytes_of(*chunks[i].vector)};
                SLIPWAY_CO_CHECK(
                    co_await transaction.execute("update document_chunks set vector = $3 where workspace = $workspace "
                                                 "and document_id = $1 and chunk_id = $2",
                                                 std::move(values)));
            }
            co_return Result<void>();
        };
        const store::Database::Body named_body = body;
        SLIPWAY_CO_CHECK(co_await database_.transact(workspace, named_body));
    }
    std::vector<store::Passage> passages;
    for (const auto& chunk : chunks) passages.push_back(passage_of(chunk, document));
    SLIPWAY_CO_CHECK(co_await add_passages(std::move(workspace), std::move(passages), held.hold));
    co_return chunks.size();
}

}  // namespace slipway::knowledge
