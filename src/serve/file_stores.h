// The object stores of the manifest's `files`, by purpose: each bucket and each folder is opened once, however many
// purposes share it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/manifest/manifest.h"
#include "file/types.h"
#include "serve/stores.h"

namespace slipway::serve {

// A folder that this server itself serves, below a path of its own.
struct ServedFolder {
    std::string prefix;  // "/objects", "/objects-of/drafts"
    std::string signing_key;
    store::Objects* objects = nullptr;
    std::uint64_t bytes_max = 0;  // of what is stored by a link or a form
};

struct FileStores {
    struct Store {
        std::string purpose;  // the first that lies there
        std::string url;      // for people, as shown_url()
        std::string engine;
        std::unique_ptr<store::Objects> objects;
    };
    std::vector<Store> stores;  // all but that of the documents
    std::vector<file::Purpose> purposes;
    std::vector<ServedFolder> folders;  // that of the documents first, if it is one
};

// `documents` is the open store of stores.objects, whose links `signing_key` signs. All arguments outlive the result.
Result<FileStores> open_file_stores(const app::Manifest& manifest, store::Objects& documents,
                                    const std::string& signing_key, WorkerPool& files, AwsAccess& aws);

}  // namespace slipway::serve
