#include "knowledge/extract_zip.h"

#include <cstring>

#include <minizip/unzip.h>

namespace slipway::knowledge {

// minizip's idea of a file, over memory.
struct MemoryFile {
    using Memory = ZipArchive::Memory;

    static void* open(void* memory, const void*, int) {
        static_cast<Memory*>(memory)->at = 0;
        return memory;
    }
    static uLong read(void*, void* stream, void* buffer, uLong size) {
        auto& memory = *static_cast<Memory*>(stream);
        const auto count = std::min<std::size_t>(size, memory.bytes.size() - memory.at);
        std::memcpy(buffer, memory.bytes.data() + memory.at, count);
        memory.at += count;
        return count;
    }
    static uLong write(void*, void*, const void*, uLong) { return 0; }
    static ZPOS64_T tell(void*, void* stream) { return static_cast<Memory*>(stream)->at; }
    static long seek(void*, void* stream, ZPOS64_T offset, int origin) {
        auto& memory = *static_cast<Memory*>(stream);
        const ZPOS64_T from = origin == ZLIB_FILEFUNC_SEEK_CUR   ? memory.at
                              : origin == ZLIB_FILEFUNC_SEEK_END ? memory.bytes.size()
                                                                 : 0;
        if (offset > memory.bytes.size() || from > memory.bytes.size() - offset) return -1;
        memory.at = static_cast<std::size_t>(from + offset);
        return 0;
    }
    static int close(void*, void*) { return 0; }
    static int error(void*, void*) { return 0; }
};

namespace {

constexpr std::size_t kRatioMattersFrom = 1 << 20;

std::unexpected<Error> broken(std::string_view name) {
    return reject("broken", "{} is damaged or cut off and cannot be opened; make or transfer it again and upload that.",
                  name);
}

std::unexpected<Error> too_large(std::string_view name, std::string_view limit) {
    auto error = reject("too_large", "{} unpacks to far more than a document needs; save it again, or split it.", name);
    error.error().details["limit"] = limit;
    return error;
}

}  // namespace

Result<std::unique_ptr<ZipArchive>> ZipArchive::open(std::string_view bytes, const BlockBuilder& blocks) {
    auto archive = std::unique_ptr<ZipArchive>(new ZipArchive(blocks));
    archive->memory_ = {bytes};
    zlib_filefunc64_def file{&MemoryFile::open, &MemoryFile::read,  &MemoryFile::write, &MemoryFile::tell,
                             &MemoryFile::seek, &MemoryFile::close, &MemoryFile::error, &archive->memory_};
    archive->archive_ = unzOpen2_64("", &file);
    if (archive->archive_ == nullptr) return broken(blocks.name());
    unz_global_info64 info{};
    if (unzGetGlobalInfo64(archive->archive_, &info) != UNZ_OK) return broken(blocks.name());
    if (info.number_entry > blocks.limits().archive_entries_max) return too_large(blocks.name(), "archive_entries_max");
    return archive;
}

ZipArchive::~ZipArchive() {
    if (archive_ != nullptr) unzClose(archive_);
}

bool ZipArchive::has(const std::string& path) const { return unzLocateFile(archive_, path.c_str(), 1) == UNZ_OK; }

Result<std::string> ZipArchive::read(const std::string& path) {
    const auto name = blocks_.name();
    unz_file_info64 info{};
    if (unzLocateFile(archive_, path.c_str(), 1) != UNZ_OK ||
        unzGetCurrentFileInfo64(archive_, &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK)
        return broken(name);
    if ((info.flag & 1) != 0)
        return reject("encrypted", "{} is encrypted; remove the password and upload it again.", name);
    if (unzOpenCurrentFile(archive_) != UNZ_OK) return broken(name);
    auto text = inflate(static_cast<std::size_t>(info.compressed_size));
    const bool intact = unzCloseCurrentFile(archive_) == UNZ_OK;  // compares the checksum
    if (text && !intact) return broken(name);
    return text;
}

Result<std::string> ZipArchive::inflate(std::size_t compressed) {
    const auto& limits = blocks_.limits();
    std::string text;
    std::vector<char> buffer(64 << 10);
    while (true) {
        const int count = unzReadCurrentFile(archive_, buffer.data(), static_cast<unsigned>(buffer.size()));
        if (count < 0) return broken(blocks_.name());
        if (count == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
        inflated_ += static_cast<std::size_t>(count);
        if (inflated_ > limits.archive_bytes_max) return too_large(blocks_.name(), "archive_bytes_max");
        if (text.size() > kRatioMattersFrom && text.size() / limits.archive_ratio_max > compressed)
            return too_large(blocks_.name(), "archive_ratio_max");
    }
}

}  // namespace slipway::knowledge
