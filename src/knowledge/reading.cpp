#include "knowledge/reading.h"

#include <algorithm>
#include <functional>

#include "base/sentence.h"
#include "store/index/analyser.h"

namespace slipway::knowledge {
namespace {

std::string key_of(const WorkspaceId& workspace, std::string_view chunk_id) {
    std::string key = workspace.value;
    key += '\n';
    return key += chunk_id;
}

std::size_t bytes_of(const std::string& key, const Reading& reading) {
    constexpr std::size_t kNode = 128;  // of the map, and of the shared pointer
    return kNode + key.capacity() + sizeof reading + reading.terms.capacity() * sizeof(TermHash) +
           reading.ends.capacity() * sizeof(std::uint32_t) + reading.different_ones.capacity() * sizeof(TermHash);
}

}  // namespace

TermHash hash_of_term(std::string_view term) { return std::hash<std::string_view>()(term); }

Reading read(const Found& found, std::string_view language) {
    Reading reading;
    const auto take = [&](std::string_view text) {
        for (const auto& term : store::analyse(text, language)) reading.terms.push_back(hash_of_term(term.text));
    };
    const auto end = [&] { reading.ends.push_back(static_cast<std::uint32_t>(reading.terms.size())); };
    take(found.document.title);
    for (const auto& heading : found.place.headings) take(heading);
    end();
    for (const auto sentence : split_sentences(found.text)) {
        take(sentence);
        end();
    }
    auto& different = reading.different_ones;
    different.assign(reading.terms.begin() + reading.ends.front(), reading.terms.end());
    std::ranges::sort(different);
    different.erase(std::ranges::unique(different).begin(), different.end());
    for (auto* terms : {&reading.terms, &different}) terms->shrink_to_fit();
    reading.ends.shrink_to_fit();
    return reading;
}

std::shared_ptr<const Reading> Readings::find(const WorkspaceId& workspace, const std::string& chunk_id) {
    auto key = key_of(workspace, chunk_id);
    const std::lock_guard hold(mutex_);
    if (const auto found = newer_.find(key); found != newer_.end()) return found->second;
    const auto found = older_.find(key);
    if (found == older_.end()) return nullptr;
    auto reading = found->second;
    older_.erase(found);
    add(std::move(key), reading);
    return reading;
}

void Readings::keep(const WorkspaceId& workspace, const std::string& chunk_id, std::shared_ptr<const Reading> reading) {
    auto key = key_of(workspace, chunk_id);
    const std::lock_guard hold(mutex_);
    add(std::move(key), std::move(reading));
}

void Readings::add(std::string key, std::shared_ptr<const Reading> reading) {
    const auto bytes = bytes_of(key, *reading);
    if (bytes > kBytesMax / 2) return;
    if (newer_bytes_ + bytes > kBytesMax / 2) {
        older_ = std::exchange(newer_, {});
        newer_bytes_ = 0;
    }
    if (newer_.emplace(std::move(key), std::move(reading)).second) newer_bytes_ += bytes;
}

}  // namespace slipway::knowledge
