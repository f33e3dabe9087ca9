#include "serve/file_stores.h"

#include <map>

#include "base/crypto.h"
#include "serve/store_probe.h"
#include "store/objects/s3_place.h"

namespace slipway::serve {
namespace {

constexpr std::string_view kDocumentsPrefix = "/objects";
constexpr std::string_view kPublic = "public";

// A CDN is let into that part of a bucket and no other.
app::StoreUrl public_part_of(const app::StoreUrl& bucket) {
    constexpr std::string_view kScheme = "s3://";
    auto url = bucket.url.reveal();
    auto end = url.find_first_of("/?", kScheme.size());
    if (end == std::string::npos) end = url.size();
    const auto prefix = std::string_view(url).substr(std::min(url.size(), end + 1));
    if (prefix.starts_with("public/") || prefix == kPublic || prefix.starts_with("public?")) return bucket;
    const bool has_prefix = end < url.size() && url[end] == '/' && !prefix.empty() && prefix.front() != '?';
    if (end < url.size() && url[end] == '/') url.erase(end, 1);
    url.insert(end, has_prefix ? "/public/" : "/public");
    return app::StoreUrl::parse(url);
}

ObjectsSettings settings_of(const app::Manifest& manifest, const app::FilesSection& section) {
    const auto& stores = manifest.stores;
    ObjectsSettings settings;
    settings.url = section.has_own_store() ? section.store : stores.objects;
    settings.access_key = section.has_own_store() ? section.access_key : stores.objects_access_key;
    settings.secret_key = section.has_own_store() ? section.secret_key : stores.objects_secret_key;
    if (section.is_public() && settings.url.scheme == "s3") settings.url = public_part_of(settings.url);
    return settings;
}

// What tells one store from another.
std::string place_of(const ObjectsSettings& settings) {
    if (settings.url.scheme == "file") return "file:" + settings.url.path.string();
    return settings.url.url.reveal() + "\n" + settings.access_key.reveal();
}

std::optional<account::Role> writer_of(app::FileWriters writers) {
    switch (writers) {
        case app::FileWriters::viewer:
            return account::Role::viewer;
        case app::FileWriters::member:
            return account::Role::member;
        case app::FileWriters::admin:
            return account::Role::admin;
        case app::FileWriters::owner:
            return account::Role::owner;
        case app::FileWriters::scripts:
            break;
    }
    return std::nullopt;
}

file::Readers readers_of(app::FileReaders readers) {
    if (readers == app::FileReaders::owner) return file::Readers::owner;
    return readers == app::FileReaders::workspace ? file::Readers::workspace : file::Readers::everybody;
}

Result<file::Purpose> purpose_of(const app::FilesSection& section, const ObjectsSettings& settings,
                                 const AwsAccess& aws) {
    file::Purpose purpose{.name = section.name,
                          .size_max = section.size_max,
                          .types = section.types,
                          .read = readers_of(section.read),
                          .write = writer_of(section.write),
                          .public_url = section.public_url,
                          .cache_control = section.cache_control,
                          .keep = section.keep,
                          .link_time = section.link_time};
    if (settings.url.scheme != "s3" || section.public_url.empty()) return purpose;
    SLIPWAY_TRY(const auto place, store::parse_s3_url(aws.at_endpoint(settings.url.url.reveal(), "S3"), "us-east-1"));
    purpose.links_by_key = true;
    purpose.public_url += "/" + place.prefix;
    while (purpose.public_url.ends_with('/')) purpose.public_url.pop_back();
    return purpose;
}

}  // namespace

Result<FileStores> open_file_stores(const app::Manifest& manifest, store::Objects& documents,
                                    const std::string& signing_key, WorkerPool& files, AwsAccess& aws) {
    FileStores opened;
    const ObjectsSettings first{.url = manifest.stores.objects, .access_key = manifest.stores.objects_access_key};
    std::map<std::string, store::Objects*, std::less<>> known{{place_of(first), &documents}};
    if (first.url.scheme == "file")
        opened.folders.push_back(
            {std::string(kDocumentsPrefix), signing_key, &documents, manifest.knowledge.upload_bytes_max});
    for (const auto& section : manifest.files) {
        auto settings = settings_of(manifest, section);
        SLIPWAY_TRY(auto purpose, purpose_of(section, settings, aws));
        auto& objects = known[place_of(settings)];
        if (objects == nullptr) {
            settings.url_prefix = fmt::format("/objects-of/{}", section.name);
            settings.signing_key = hmac_sha256(signing_key, "files of " + section.name);
            SLIPWAY_TRY(auto own, open_objects(settings, files, aws));
            objects = own.get();
            if (settings.url.scheme == "file")
                opened.folders.push_back({settings.url_prefix, settings.signing_key, objects, 0});
            opened.stores.push_back(
                {section.name, shown_url(settings.url.url.reveal()), objects_engine(settings.url), std::move(own)});
        }
        purpose.objects = objects;
        for (auto& folder : opened.folders)
            if (folder.objects == objects) folder.bytes_max = std::max(folder.bytes_max, section.size_max);
        opened.purposes.push_back(std::move(purpose));
    }
    return opened;
}

}  // namespace slipway::serve
