#include "store/index/pgvector_write.h"

#include <map>

#include "store/index/passage_terms.h"
#include "store/index/pgvector_sql.h"
#include "store/index/vector.h"

namespace slipway::store::pgvector {
namespace {

// Of one statement, which must end within the database's time for one: a vector takes a millisecond or two.
constexpr std::size_t kRowsMax = 500;
constexpr std::size_t kRowBytesMax = 4 << 20;
// Ids whose rows, with their words, are fetched at once.
constexpr std::size_t kErasedAtOnce = 250;

// Text, extra text and metadata as one JSON, which can hold what PostgreSQL's text cannot.
std::string content_of(const Passage& passage) {
    json::object content;
    content["text"] = passage.text;
    if (!passage.metadata.empty()) content["metadata"] = passage.metadata;
    return write_json(content);
}

class RowsWriter {
 public:
    explicit RowsWriter(const CollectionOptions& options) : options_(options) {}

    void add(const Passage& passage) {
        const auto terms = passage_terms(passage, options_.language);
        ids_.add(passage.id);
        namespaces_.add(passage.name_space);
        facts_.add(array_of(storable_facts(passage.metadata)));
        numbers_.add(numbers_of(passage.metadata));
        lengths_.add(static_cast<std::int64_t>(terms.length));
        contents_.add(content_of(passage));
        std::string words;
        for (const auto& [word, occurrences] : terms.counts) {
            if (!words.empty()) words += ' ';
            words += word;
            const auto known = words_.try_emplace(word).first;
            changes_.add(known->first, {{count_, occurrences, terms.length}, false});
        }
        words_array_.add(words);
        if (passage.vector) {
            embeddings_.add(vector_text(prepared_vector(options_.metric, *passage.vector)));
            ++vectors_;
        } else {
            embeddings_.add_null();
        }
        terms_ += terms.length;
        ++count_;
    }

    bool is_full() const {
        return count_ >= kRowsMax || contents_.size() + words_array_.size() + embeddings_.size() >= kRowBytesMax;
    }
    bool empty() const { return count_ == 0; }

    PreparedRows finish() {
        return {.count = count_,
                .terms = terms_,
                .vectors = vectors_,
                .ids = ids_.take(),
                .namespaces = namespaces_.take(),
                .facts = facts_.take(),
                .numbers = numbers_.take(),
                .lengths = lengths_.take(),
                .words = words_array_.take(),
                .contents = contents_.take(),
                .embeddings = embeddings_.take(),
                .postings = changes_.empty() ? std::string() : changes_.encode()};
    }

 private:
    const CollectionOptions& options_;
    std::size_t count_ = 0;
    std::uint64_t terms_ = 0, vectors_ = 0;
    ArrayText ids_, namespaces_, facts_, numbers_, lengths_, words_array_, contents_, embeddings_;
    std::map<std::string, bool, std::less<>> words_;  // that changes_ refers to
    PostingChanges changes_;
};

// What rows that go leave behind: their postings are to be removed.
Task<void> forget_rows(Transaction& transaction, std::int64_t generation, Space& space, const Rows& gone) {
    if (gone.empty()) co_return Result<void>();
    std::vector<std::string> words;
    words.reserve(gone.size());
    PostingChanges changes;
    for (const auto row : gone) {
        const auto number = static_cast<std::uint64_t>(row.integer("number"));
        const auto length = static_cast<std::uint64_t>(row.integer("length"));
        words.push_back(row.text("words"));
        std::string_view rest = words.back();
        while (!rest.empty()) {
            const auto end = std::min(rest.find(' '), rest.size());
            changes.add(rest.substr(0, end), {{number, 0, 0}, true});
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        if (space.statistics.passages == 0 || space.statistics.terms < length)
            co_return damaged("the statistics are not those of the passages");
        --space.statistics.passages;
        space.statistics.terms -= length;
        if (row.truth("has_vector")) --space.vectors;
    }
    if (changes.empty()) co_return Result<void>();
    auto encoded = changes.encode();
    co_return co_await add_waiting(transaction, generation, space, 0, std::move(encoded));
}

Task<std::size_t> erase_ids(Transaction& transaction, std::int64_t generation, Space& space, std::string ids) {
    Parameters parameters{generation, std::move(ids)};
    SLIPWAY_CO_TRY(const auto gone,
                   co_await transaction.execute(
                       "DELETE FROM index_passage WHERE collection = $1 AND workspace = $workspace AND id = "
                       "ANY($2::text[]) RETURNING number, length, words, embedding IS NOT NULL AS has_vector",
                       std::move(parameters)));
    SLIPWAY_CO_CHECK(co_await forget_rows(transaction, generation, space, gone));
    co_return gone.size();
}

Task<void> insert_rows(Transaction& transaction, std::int64_t generation, Space& space, const PreparedRows& rows) {
    Parameters parameters{generation,   space.number_next, rows.ids,   rows.namespaces, rows.facts,
                          rows.numbers, rows.lengths,      rows.words, rows.contents,   rows.embeddings};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "INSERT INTO index_passage (collection, workspace, number, id, namespace, facts, numbers, length, words, "
        "content, embedding) SELECT $1::bigint, $workspace::text, $2::bigint + u.place - 1, u.id, u.namespace, "
        "u.facts::text[], u.numbers::jsonb, u.length, u.words, u.content, u.embedding::vector FROM unnest($3::text[], "
        "$4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[]) WITH ORDINALITY AS "
        "u(id, namespace, facts, numbers, length, words, content, embedding, place)",
        std::move(parameters)));
    if (!rows.postings.empty())
        SLIPWAY_CO_CHECK(co_await add_waiting(transaction, generation, space, space.number_next, rows.postings));
    space.number_next += rows.count;
    space.statistics.passages += rows.count;
    space.statistics.terms += rows.terms;
    space.vectors += rows.vectors;
    co_return Result<void>();
}

Task<void> write_in(Transaction& transaction, std::int64_t generation, const PreparedWrite& write, Space& space) {
    SLIPWAY_CO_TRY(space, co_await lock_space(transaction, generation));
    for (const auto& rows : write.parts) {
        SLIPWAY_CO_CHECK(co_await erase_ids(transaction, generation, space, rows.ids));
        SLIPWAY_CO_CHECK(co_await insert_rows(transaction, generation, space, rows));
    }
    co_return co_await save_space(transaction, generation, space);
}

Task<void> erase_in(Transaction& transaction, std::int64_t generation, const std::vector<std::string>& ids,
                    Space& space, std::size_t& erased) {
    erased = 0;
    SLIPWAY_CO_TRY(space, co_await lock_space(transaction, generation));
    for (std::size_t first = 0; first < ids.size(); first += kErasedAtOnce) {
        const auto some = std::span(ids).subspan(first, std::min(kErasedAtOnce, ids.size() - first));
        SLIPWAY_CO_TRY(const auto gone, co_await erase_ids(transaction, generation, space, array_of(some)));
        erased += gone;
    }
    co_return co_await save_space(transaction, generation, space);
}

Task<void> erase_some_in(Transaction& transaction, std::int64_t generation, const Filter& filter, std::size_t count,
                         Space& space, std::size_t& erased) {
    SLIPWAY_CO_TRY(space, co_await lock_space(transaction, generation));
    Parameters parameters{generation, count};
    auto sql = fmt::format(
        "DELETE FROM index_passage WHERE collection = $1 AND workspace = $workspace AND number = ANY(ARRAY(SELECT "
        "number FROM index_passage WHERE collection = $1 AND workspace = $workspace AND {} LIMIT $2)) RETURNING "
        "number, length, words, embedding IS NOT NULL AS has_vector",
        condition_of(filter, parameters));
    SLIPWAY_CO_TRY(const auto gone, co_await transaction.execute(std::move(sql), std::move(parameters)));
    SLIPWAY_CO_CHECK(co_await forget_rows(transaction, generation, space, gone));
    erased = gone.size();
    co_return co_await save_space(transaction, generation, space);
}

}  // namespace

PreparedWrite prepare_write(const std::vector<Passage>& passages, const CollectionOptions& options) {
    std::map<std::string_view, const Passage*> last;
    for (const auto& passage : passages) last[passage.id] = &passage;
    PreparedWrite write;
    std::optional<RowsWriter> rows;
    for (const auto& [id, passage] : last) {
        if (!rows) rows.emplace(options);
        rows->add(*passage);
        if (!rows->is_full()) continue;
        write.parts.push_back(rows->finish());
        rows.reset();
    }
    if (rows) write.parts.push_back(rows->finish());
    return write;
}

Result<Passage> passage_of(std::string id, std::string name_space, std::string_view content) {
    Passage passage{.id = std::move(id), .name_space = std::move(name_space), .text = {}};
    auto read = parse_json(content);
    if (!read || !read->is_object()) return damaged("the text of a passage cannot be read");
    passage.text = text_or(read->get_object(), "text");
    if (const auto* metadata = object_in(read->get_object(), "metadata")) passage.metadata = *metadata;
    return passage;
}

Task<void> write_passages(Database& database, const WorkspaceId& workspace, std::int64_t generation,
                          const PreparedWrite& write, Space& space) {
    const Database::Body body = [&](Transaction& transaction) {
        return write_in(transaction, generation, write, space);
    };
    co_return co_await database.transact(workspace, body);
}

Task<std::size_t> erase_passages(Database& database, const WorkspaceId& workspace, std::int64_t generation,
                                 const std::vector<std::string>& ids, Space& space) {
    std::size_t erased = 0;
    const Database::Body body = [&](Transaction& transaction) {
        return erase_in(transaction, generation, ids, space, erased);
    };
    SLIPWAY_CO_CHECK(co_await database.transact(workspace, body));
    co_return erased;
}

Task<std::size_t> erase_some(Database& database, const WorkspaceId& workspace, std::int64_t generation,
                             const Filter& filter, std::size_t count, Space& space) {
    std::size_t erased = 0;
    const Database::Body body = [&](Transaction& transaction) {
        return erase_some_in(transaction, generation, filter, count, space, erased);
    };
    SLIPWAY_CO_CHECK(co_await database.transact(workspace, body));
    co_return erased;
}

}  // namespace slipway::store::pgvector
