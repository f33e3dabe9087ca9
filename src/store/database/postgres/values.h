// Values on the wire: parameters as text (bytes as they are), columns in PostgreSQL's binary formats (typsend in its
// sources).
#pragma once

#include <string>
#include <vector>

#include "store/database/database.h"
#include "store/database/postgres/libpq.h"

namespace slipway::store::postgres {

// The parameters of one statement as libpq wants them: pointers into the values given, which must outlive this.
class WireParameters {
 public:
    // `invalid` for text with a NUL character.
    static Result<WireParameters> of(const Parameters& parameters);

    int count() const { return static_cast<int>(values_.size()); }
    const Oid* types() const { return types_.data(); }
    const char* const* values() const { return values_.data(); }
    const int* lengths() const { return lengths_.data(); }
    const int* formats() const { return formats_.data(); }

 private:
    void add(const char* value, std::size_t size, bool binary);

    std::vector<std::string> texts_;  // of numbers
    std::vector<Oid> types_;
    std::vector<const char*> values_;
    std::vector<int> lengths_, formats_;
};

// Takes over what a statement answered. `internal` for a column of a type that the port does not have, or when the rows
// are larger than `bytes_max`.
Result<Rows> rows_of(const Libpq& pq, const PGresult* result, std::size_t bytes_max);

}  // namespace slipway::store::postgres
