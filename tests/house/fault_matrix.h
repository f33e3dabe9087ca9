// What may go wrong between Slipway and a store, and which test shows what then happens: each adapter × each fault.
//
// A row stands beside the tests of its adapter, in a file faults.tsv below tests/, one cell a line:
//
//     open_qdrant <tab> slow <tab> QdrantFaults.SlowAnswersEndInTime
//     open_qdrant <tab> clock <tab> n/a: nothing is signed
//     open_embedded <tab> others <tab> n/a: a file of this machine      (all cells that have no line)
//
// The adapter is the function that opens it, with a variant behind it where it has several: "open_aws_secrets (ssm)".
// A proof is one test or several, with commas between; where a fault cannot be, a reason.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "house/source.h"

namespace slipway::house {

struct FaultMatrix {
    std::map<std::string, std::map<std::string, std::string>> proofs;  // by adapter and fault
};

// The columns, in their order.
const std::vector<std::string>& fault_names();
FaultMatrix read_fault_matrix(const std::filesystem::path& root, std::vector<Finding>& findings);
// For a person: a table of how many tests prove each cell, "-" where it cannot be, "?" where it is empty.
std::string to_table(const FaultMatrix& matrix);

}  // namespace slipway::house
