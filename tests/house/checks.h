// The single checks that check_house() puts together. Each adds what it finds.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "house/source.h"

namespace slipway::house {

// The rooms as CMakeLists.txt declares them.
struct Rooms {
    std::vector<std::string> order;                       // lowest first
    std::map<std::string, std::set<std::string>> usable;  // a room and all it may use, itself among them

    // The room that a path such as "store/index/bm25.h" lies in: the longest name that fits. Empty when none does.
    std::string of(std::string_view path) const;
};

Rooms read_rooms(const std::filesystem::path& root, std::vector<Finding>& findings);

void check_includes(const Rooms& rooms, const std::vector<Source>& sources, std::vector<Finding>& findings);
void check_words(const std::filesystem::path& root, const std::vector<Source>& sources, std::vector<Finding>& findings);
void check_sizes(const std::vector<Source>& sources, std::vector<Finding>& findings);
void check_manuals(const std::vector<Source>& sources, std::vector<Finding>& findings);
void check_json(const std::filesystem::path& root, const std::vector<Source>& sources, std::vector<Finding>& findings);
void check_columns(const std::vector<Source>& sources, std::vector<Finding>& findings);
void check_awaits(const std::vector<Source>& sources, std::vector<Finding>& findings);
void check_faults(const std::filesystem::path& root, const std::vector<Source>& sources,
                  std::vector<Finding>& findings);
void check_checklist(const std::filesystem::path& root, std::vector<Finding>& findings);
// `known`: cpp_tests().
void check_asvs(const std::filesystem::path& root, const std::set<std::string>& known, std::vector<Finding>& findings);
bool is_asvs_row(std::string_view line);

}  // namespace slipway::house
