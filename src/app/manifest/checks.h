// What no key can say alone: checks between keys, against the application's files and against the outside; and the
// values that depend on others. Part of loading a manifest.
#pragma once

#include "app/manifest/manifest.h"
#include "app/manifest/reader.h"

namespace slipway::app {

struct Checks {
    Manifest& manifest;
    const Reader& reader;  // where each key stands
    const Environment& environment;
    Purpose purpose;
    bool secrets_asked;                         // or they lie elsewhere, and what they hold is not known
    Problems& problems;                         // of app.yaml
    std::vector<ManifestProblem>& other_files;  // of the files that it names

    void error(std::string_view path, std::string message, std::string suggestion = {}) {
        problems.error(reader.mark_of(path), std::move(message), std::move(suggestion));
    }
    void warning(std::string_view path, std::string message, std::string suggestion = {}) {
        problems.warning(reader.mark_of(path), std::move(message), std::move(suggestion));
    }
};

// Each fills in what is left to fill in of its sections, and reports what does not fit. In this order.
void check_server(Checks& checks);
void check_stores(Checks& checks);
void check_accounts(Checks& checks);
void check_knowledge(Checks& checks);
void check_models(Checks& checks);
void check_chat(Checks& checks);
void check_content(Checks& checks);  // script, site
void check_jobs(Checks& checks);
void check_verify(Checks& checks);
void check_files(Checks& checks);
void check_functions(Checks& checks);

// That the URL is one of objects; a folder comes to lie below the data folder, where it names none in `otherwise`.
void check_objects(Checks& checks, std::string_view path, StoreUrl& store, const std::filesystem::path& otherwise);

// Whether there is such a kind of store of secrets; check_stores tells when there is not.
bool is_store_of_secrets(const StoreUrl& store);

// "Did you mean "general"?", or which names there are.
std::string suggest(std::string_view name, const std::vector<std::string>& names);

}  // namespace slipway::app
