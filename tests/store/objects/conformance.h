// What every adapter of the objects port has to do, as named checks that report failures as values.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "store/check.h"
#include "store/objects/objects.h"

namespace slipway::test {

// A new and empty place for objects. It may be opened again and again; the objects stay.
class ObjectsPlace {
 public:
    virtual ~ObjectsPlace() = default;
    virtual Result<std::unique_ptr<store::Objects>> open() = 0;
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
