// The outbox adapter in a folder of its own, read by Python, for the conformance suite.
#pragma once

#include <fstream>
#include <sstream>

#include "base/child_process.h"
#include "store/mail/conformance.h"
#include "store/mail/file.h"
#include "store/temporary_folder.h"

namespace slipway::test {

class OutboxPlace {
 public:
    OutboxPlace() { std::filesystem::create_directories(folder()); }

    std::unique_ptr<store::Mail> open(store::FileMailOptions options = {}) const {
        return store::open_file_mail(folder(), options, pool_).value();
    }
    std::filesystem::path folder() const { return folder_ / "outbox"; }
    std::filesystem::path file_of(const std::string& id) const {
        return folder() / (id.substr(0, id.find('@')) + ".eml");
    }
    std::size_t count() const {
        std::size_t found = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder()))
            found += entry.path().extension() == ".eml";
        return found;
    }
    json::object received(const std::string& id) const {
        std::ifstream in(file_of(id), std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        ChildLimits limits;
        limits.memory_bytes = 2ULL << 30;
        const std::string script = std::string(SLIPWAY_SOURCE_DIR) + "/tests/store/mail/mail_as_json.py";
        const auto outcome = run_child("/usr/bin/python3", {script}, text.str(), limits).value();
        if (outcome.exit_code != 0) throw std::runtime_error(outcome.errors);
        return parse_json(outcome.output).value().get_object();
    }
    MailPlace place() const {
        return {[this] { return open(); }, [this](const std::string& id) { return received(id); },
                [this] { return count(); }};
    }

 private:
    TemporaryFolder folder_;
    mutable WorkerPool pool_{"mail", 2};
};

}  // namespace slipway::test
