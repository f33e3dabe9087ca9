// Tables in an order in which each stands behind those it refers to, as rows have to be copied. For adapters.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "store/database/database.h"

namespace slipway::store {

// A table, and one it refers to.
using Reference = std::pair<std::string, std::string>;

// `internal` when they refer to each other in a circle; a table may refer to itself.
Result<std::vector<TableShape>> in_order_of_references(std::vector<TableShape> tables,
                                                       const std::vector<Reference>& references);

// "select "a", "b" from "t" order by …", names quoted. `text_order` stands behind each name to order by: a collation by
// bytes.
std::string select_all(const TableShape& table, std::string_view text_order);
std::string quoted_name(std::string_view name);

// How many rows the next page may have: enough that a page is no trouble, few enough that it fits into memory.
class PageSize {
 public:
    std::size_t rows() const { return rows_; }
    void learn(const Rows& page);

 private:
    static constexpr std::size_t kBytesWanted = 1 << 20, kRowsMax = 1000;
    std::size_t rows_ = 8;
};

}  // namespace slipway::store
