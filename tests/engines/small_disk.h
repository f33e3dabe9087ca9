// A disk that is soon full: a file system in memory that the engine alone sees, mounted in a name space of its own.
// Needs no root, but name spaces of users.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace slipway::test {

struct SmallDisk {
    std::filesystem::path folder;  // has to be there; what it held is hidden from the engine
    std::string size;              // "4m"
    bool refuses_root = false;     // EngineOptions::refuses_root
};

// The folder as the engine sees it, so that a test may fill it and make room again.
inline std::filesystem::path inside(int engine_process, const std::filesystem::path& folder) {
    return std::filesystem::path("/proc") / std::to_string(engine_process) / "root" / folder.relative_path();
}

// Takes all the room that is left; returns what is to be removed then.
inline std::filesystem::path fill_up(const std::filesystem::path& folder) {
    auto ballast = folder / "ballast";
    std::ofstream file(ballast, std::ios::binary);
    const std::string block(4096, 'b');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
    return ballast;
}

// The command of an engine, run with that disk.
inline std::vector<std::string> on_small_disk(const SmallDisk& disk, std::vector<std::string> command) {
    std::vector<std::string> all{"/usr/bin/unshare",
                                 "--user",
                                 "--map-root-user",
                                 "--mount",
                                 "/bin/sh",
                                 "-c",
                                 R"(mount -t tmpfs -o "size=$1,mode=700" tmpfs "$2" && shift 2 && exec "$@")",
                                 "sh",
                                 disk.size,
                                 disk.folder.string()};
    if (disk.refuses_root)
        all.insert(all.end(), {"/usr/bin/unshare", "--user", "--map-user=1000", "--map-group=1000", "--"});
    all.insert(all.end(), {"/usr/bin/setpriv", "--pdeathsig", "KILL", "--"});  // another name space forgets it
    all.insert(all.end(), std::make_move_iterator(command.begin()), std::make_move_iterator(command.end()));
    return all;
}

}  // namespace slipway::test
