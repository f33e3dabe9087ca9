#include "knowledge/folder.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <fstream>
#include <unordered_set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include "base/crypto.h"
#include "base/text.h"

namespace slipway::knowledge {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kSidecarEnding = ".meta.yaml";

constexpr std::size_t kSharedAtOnceMax = 16;

struct File {
    fs::path path;
    std::string source;
    std::uint64_t size = 0;
    std::int64_t written = 0;
};

Result<std::vector<File>> scan(const fs::path& root, std::size_t files_max) {
    std::vector<File> files;
    std::error_code error;
    if (fs::is_regular_file(root, error)) {
        files.push_back({root, root.filename().string(), fs::file_size(root, error), 0});
        return files;
    }
    if (!fs::is_directory(root, error))
        return fail(ErrorCode::not_found, "There is no folder or file {}.", root.string());
    auto entry = fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (name.starts_with('.')) {
            entry.disable_recursion_pending();
            continue;
        }
        std::error_code ignored;
        if (entry->is_symlink(ignored) || !entry->is_regular_file(ignored) || name.ends_with(kSidecarEnding) ||
            !has_readable_extension(name))
            continue;
        if (files.size() >= files_max)
            return fail(ErrorCode::invalid, "{} holds more than {} documents.", root.string(), files_max);
        const auto written = fs::last_write_time(entry->path(), ignored).time_since_epoch().count();
        files.push_back({entry->path(), entry->path().lexically_relative(root).generic_string(),
                         fs::file_size(entry->path(), ignored), written});
    }
    if (error) return fail(ErrorCode::unavailable, "{} could not be read: {}.", root.string(), error.message());
    std::ranges::sort(files, {}, &File::source);
    return files;
}

Result<std::string> read_file(const fs::path& path, std::size_t bytes_max) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::unavailable, "{} could not be opened.", path.string());
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error || size > bytes_max)
        return std::unexpected(
            Error{ErrorCode::invalid,
                  fmt::format("{} has {} bytes; at most {} are accepted.", path.filename().string(), size, bytes_max),
                  {{"reason", "too_large"}}});
    std::string bytes(size, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(size));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    return bytes;
}

class FolderIngest {
 public:
    FolderIngest(Knowledge& knowledge, WorkerPool& pool, WorkspaceId workspace, FolderOptions options,
                 std::function<void(const FolderProgress&)> progress)
        : knowledge_(knowledge),
          pool_(pool),
          workspace_(std::move(workspace)),
          options_(std::move(options)),
          tell_(std::move(progress)) {}

    Task<FolderReport> run() {
        auto look = [this]() { return scan(options_.root, options_.files_max); };
        SLIPWAY_CO_TRY(files_, co_await pool_.run(std::move(look)));
        progress_.files_all = files_.size();
        waiting_.resize(options_.lanes.size());
        for (const auto& file : files_) {
            progress_.bytes_all += file.size;
            waiting_[lane_of(file)].push_back(&file);
        }
        if (knowledge_.shared()) begin_anywhere();
        co_await work_side_by_side();
        if (options_.remove_missing) SLIPWAY_CO_CHECK(co_await remove_missing());
        co_return std::move(report_);
    }

 private:
    // Servers that start together begin at different documents, and meet what another one has done. Who had many under
    // way would leave none to them, and the database has no more connections for it.
    void begin_anywhere() {
        for (auto& lane : options_.lanes) lane.at_once = std::min(lane.at_once, kSharedAtOnceMax);
        for (auto& files : waiting_) {
            if (files.empty()) continue;
            std::uint32_t chance = 0;
            std::memcpy(&chance, random_bytes(sizeof chance).data(), sizeof chance);
            std::ranges::rotate(files, files.begin() + chance % static_cast<std::ptrdiff_t>(files.size()));
        }
    }

    asio::awaitable<void> work_side_by_side() {
        const auto executor = co_await asio::this_coro::executor;
        using Operation = decltype(asio::co_spawn(executor, take_files(0), asio::deferred));
        std::vector<Operation> workers;
        for (std::size_t lane = 0; lane < options_.lanes.size(); ++lane)
            for (std::size_t i = 0; i < options_.lanes[lane].at_once; ++i)
                workers.push_back(asio::co_spawn(executor, take_files(lane), asio::deferred));
        auto group = asio::experimental::make_parallel_group(std::move(workers));
        auto outcome = co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
        for (const auto& thrown : std::get<1>(outcome))
            if (thrown) std::rethrow_exception(thrown);
    }

    asio::awaitable<void> take_files(std::size_t lane) {
        while (const auto* const file = next(lane)) {
            auto done = co_await ingest(*file);
            finish(*file, done);
        }
    }

    std::size_t lane_of(const File& file) const {
        std::size_t lane = options_.lanes.size() - 1;
        while (lane > 0 && file.size > options_.lanes[lane].bytes_max) --lane;
        return lane;
    }

    const File* next(std::size_t lane) {
        for (; lane < waiting_.size(); ++lane) {
            auto& files = waiting_[lane];
            if (files.empty()) continue;
            const auto* const file = files.front();
            files.pop_front();
            return file;
        }
        return nullptr;
    }

    Task<IngestReport> ingest(const File& file) {
        NewDocument document;
        document.source = file.source;
        document.file_name = file.path.filename().string();
        document.uploaded_by = options_.added_by;
        document.keep_failure = true;
        document.name_space = name_space_of(file.source);
        const auto complete = co_await read(file, document);
        if (!complete) {
            SLIPWAY_CO_CHECK(co_await knowledge_.record_failure(workspace_, document, complete.error()));
            co_return std::unexpected(complete.error());
        }
        co_return co_await knowledge_.put(workspace_, std::move(document));
    }

    // The bytes, and what the sidecar says of them.
    Task<void> read(const File& file, NewDocument& document) {
        const auto bytes_max = knowledge_.options().document_bytes_max;
        auto read = [&file, bytes_max]() { return read_file(file.path, bytes_max); };
        SLIPWAY_CO_TRY(document.bytes, co_await pool_.run(std::move(read)));
        auto sidecar = file.path;
        sidecar += kSidecarEnding;
        std::error_code error;
        if (fs::exists(sidecar, error)) {
            SLIPWAY_CO_TRY(const auto text, read_file(sidecar, 64 << 10));
            auto described = read_sidecar(text);
            if (!described)
                co_return fail(ErrorCode::invalid, "{}: {}", sidecar.filename().string(), described.error().message);
            if (const auto given = text_or(*described, "namespace"); !given.empty())
                document.name_space = std::string(given);
            document.title = std::string(text_or(*described, "title"));
            document.metadata = *std::move(described);
        }
        co_return Result<void>();
    }

    std::string name_space_of(std::string_view source) const {
        if (!options_.name_space.empty()) return options_.name_space;
        std::string first(source.substr(0, source.find('/')));
        const auto& known = knowledge_.options().namespaces;
        const bool is_folder = first.size() < source.size();
        if (is_folder && (known.empty() || std::ranges::find(known, first) != known.end())) return first;
        return options_.default_name_space;
    }

    void finish(const File& file, const Result<IngestReport>& done) {
        ++progress_.files_done;
        progress_.bytes_done += file.size;
        progress_.file = file.source;
        progress_.failure.clear();
        if (done) {
            auto& count = done->what == Ingested::added     ? report_.added
                          : done->what == Ingested::updated ? report_.updated
                                                            : report_.unchanged;
            ++count;
            report_.chunks += done->chunks_indexed;
            progress_.chunks = report_.chunks;
        } else {
            ++report_.failed;
            const auto code = done.error().code;
            if (code == ErrorCode::unavailable || code == ErrorCode::upstream || code == ErrorCode::conflict)
                ++report_.postponed;
            progress_.failure = done.error().message;
            report_.failures.emplace_back(file.source, done.error().message);
        }
        if (tell_) tell_(progress_);
    }

    Task<void> remove_missing() {
        std::unordered_set<std::string> present;
        for (const auto& file : files_) present.insert(file.source);
        std::vector<std::string> gone;
        constexpr std::size_t kPage = 500;
        for (std::size_t offset = 0;; offset += kPage) {
            SLIPWAY_CO_TRY(const auto page, co_await knowledge_.list(workspace_, std::nullopt, offset, kPage));
            for (const auto& document : page.documents)
                if (document.uploaded_by == options_.added_by && !present.contains(document.source))
                    gone.push_back(document.id);
            if (page.documents.size() < kPage) break;
        }
        for (auto& id : gone) {
            auto removed = co_await knowledge_.remove(workspace_, id);
            if (!removed && removed.error().code == ErrorCode::not_found) continue;  // by another server
            SLIPWAY_CO_CHECK(removed);
            ++report_.removed;
        }
        co_return Result<void>();
    }

    Knowledge& knowledge_;
    WorkerPool& pool_;
    WorkspaceId workspace_;
    FolderOptions options_;
    std::function<void(const FolderProgress&)> tell_;
    std::vector<File> files_;
    std::vector<std::deque<const File*>> waiting_;  // of files_, by lane, in their order
    FolderProgress progress_;
    FolderReport report_;
};

}  // namespace

Task<FolderReport> ingest_folder(Knowledge& knowledge, WorkerPool& pool, WorkspaceId workspace, FolderOptions options,
                                 std::function<void(const FolderProgress&)> progress) {
    FolderIngest ingest(knowledge, pool, std::move(workspace), std::move(options), std::move(progress));
    co_return co_await ingest.run();
}

Result<std::string> folder_fingerprint(const fs::path& root, std::size_t files_max) {
    SLIPWAY_TRY(const auto files, scan(root, files_max));
    std::string text;
    for (const auto& file : files) {
        text += fmt::format("{}\n{}\n{}\n", file.source, file.size, file.written);
        std::error_code error;
        auto sidecar = file.path;
        sidecar += kSidecarEnding;
        const auto written = fs::last_write_time(sidecar, error);
        if (!error) text += fmt::format("{}\n", written.time_since_epoch().count());
    }
    return sha256_hex(text);
}

}  // namespace slipway::knowledge
