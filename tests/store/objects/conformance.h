// What every adapter of the objects port has to do, as named checks that report failures as values.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/check.h"
#include "store/objects/objects.h"

namespace slipway::test {

// What somebody does with a link or a form.
struct LinkUse {
    enum class Kind : unsigned char { get, put, form } kind = Kind::get;
    std::string url;
    std::string data = {};                                         // of a put, or the file of a form
    std::vector<std::pair<std::string, std::string>> fields = {};  // of a form
};
struct LinkAnswer {
    int status = 0;
    std::string body;
};

// A new and empty place for objects. It may be opened again and again; the objects stay.
class ObjectsPlace {
 public:
    virtual ~ObjectsPlace() = default;
    virtual Result<std::unique_ptr<store::Objects>> open() = 0;
    // As somebody would who knows nothing but the link.
    virtual Task<LinkAnswer> use(store::Objects& objects, LinkUse use) = 0;
    // False for keys of the port that this engine, not the adapter, cannot hold beside the others of a test.
    virtual bool holds(std::string_view) const { return true; }
};
using ObjectsPlaces = std::function<std::unique_ptr<ObjectsPlace>()>;

struct ObjectsCheck {
    std::string_view name;
    Task<void> (*run)(ObjectsPlace&);
};

std::span<const ObjectsCheck> objects_checks();

// nullopt when the adapter passes; otherwise what went wrong.
std::optional<std::string> failure_of(const ObjectsCheck& check, const ObjectsPlaces& places);

}  // namespace slipway::test
