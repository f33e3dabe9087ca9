// A ZIP archive in memory, read with limits: what counts is what is inflated, never what the archive says of itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "knowledge/extract_blocks.h"

namespace slipway::knowledge {

class ZipArchive {
 public:
    // `bytes` must outlive the archive. `broken` when it is no archive, `too_large` with too many entries.
    static Result<std::unique_ptr<ZipArchive>> open(std::string_view bytes, const BlockBuilder& blocks);
    ~ZipArchive();
    ZipArchive(const ZipArchive&) = delete;
    ZipArchive& operator=(const ZipArchive&) = delete;

    bool has(const std::string& path) const;
    // The inflated entry. `too_large` above archive_bytes_max (of all entries read so far) or archive_ratio_max,
    // `encrypted`, `broken` (a wrong checksum, or no such entry).
    Result<std::string> read(const std::string& path);

 private:
    explicit ZipArchive(const BlockBuilder& blocks) : blocks_(blocks) {}
    Result<std::string> inflate(std::size_t compressed);

    struct Memory {
        std::string_view bytes;
        std::size_t at = 0;
    };
    friend struct MemoryFile;

    const BlockBuilder& blocks_;
    Memory memory_;
    void* archive_ = nullptr;
    std::size_t inflated_ = 0;
};

}  // namespace slipway::knowledge
