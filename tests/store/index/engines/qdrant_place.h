// Qdrant's REST interface over its engine in a process (qdrant_standin.py), once per version for all tests of this
// program. It is not the real server: QDRANT_TEST_URL (qdrant+http://…) names one to test against, too.
#pragma once

#include <cstdlib>
#include <iostream>

#include "base/json.h"
#include "engines/process.h"
#include "store/index/qdrant.h"
#include "store/temporary_folder.h"

namespace slipway::test {

class QdrantPlace {
 public:
    // nullptr: it was not fetched.
    static QdrantPlace* get(const std::string& version) {
        static std::map<std::string, std::unique_ptr<QdrantPlace>> places;
        auto& place = places[version];
        if (!place) place = make(version);
        return place.get();
    }

    std::uint16_t port = free_port();
    std::unique_ptr<EngineProcess> process;

    std::unique_ptr<store::Index> open(std::string_view prefix = "test") const {
        return store::open_qdrant(store::qdrant_options(url(prefix)).value());
    }
    std::string url(std::string_view prefix = "test") const {
        return fmt::format("qdrant+http://127.0.0.1:{}/{}?api_key=hunter2", port, prefix);
    }

 private:
    static std::unique_ptr<QdrantPlace> make(const std::string& version) {
        const auto engine = engine_folder("qdrant-edge");
        if (!engine) return nullptr;
        std::unique_ptr<QdrantPlace> place(new QdrantPlace);
        std::filesystem::create_directories(place->folder_ / "storage");
        const json::object told{{"port", place->port},
                                {"folder", (place->folder_ / "storage").string()},
                                {"version", version},
                                {"api_key", "hunter2"},
                                {"read_only_api_key", "hunter2-reads"}};
        EngineOptions options;
        options.command = {"/usr/bin/python3",
                           std::string(SLIPWAY_SOURCE_DIR) + "/tests/store/index/engines/qdrant_standin.py",
                           write_json(told)};
        options.folder = place->folder_.path();
        options.port = place->port;
        options.environment = {{"PYTHONPATH", engine->string()}, {"PYTHONDONTWRITEBYTECODE", "1"}};
        auto started = EngineProcess::start(options);
        if (!started) throw std::runtime_error(started.error().message);
        place->process = *std::move(started);
        std::cout << "Qdrant " << version << ", a stand-in of the tests over qdrant-edge-py 0.9.0" << std::endl;
        return place;
    }

    TemporaryFolder folder_{quick_place()};
};

}  // namespace slipway::test
