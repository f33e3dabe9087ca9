// Rooms and the arrows between them.
#include <algorithm>
#include <regex>
#include <utility>

#include "house/checks.h"

namespace slipway::house {
namespace {

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : text + " ") {
        if (c != ' ' && c != '\n' && c != '\t') {
            word += c;
        } else if (!word.empty()) {
            words.push_back(std::exchange(word, {}));
        }
    }
    return words;
}

// slipway_room(name ROOMS a b LIBRARIES c): the name, then a and b.
std::vector<std::string> name_and_rooms(const std::string& arguments) {
    std::vector<std::string> result;
    bool listing = true;
    for (const auto& word : words_of(arguments)) {
        if (word == "ROOMS" || word == "LIBRARIES") {
            listing = word == "ROOMS";
        } else if (listing) {
            result.push_back(word);
        }
    }
    return result;
}

using Arrows =
    std::map<std::string, std::map<std::string, std::string>>;  // from room to room, with a place that shows it

// A cycle that passes through `room`, as the way back to it; empty when there is none.
std::vector<std::string> way_back(const Arrows& arrows, const std::string& room) {
    std::vector<std::vector<std::string>> ways{{room}};
    std::set<std::string> seen;
    for (std::size_t i = 0; i < ways.size(); ++i) {
        const auto from = arrows.find(ways[i].back());
        if (from == arrows.end()) continue;
        for (const auto& [next, place] : from->second) {
            auto way = ways[i];
            way.push_back(next);
            if (next == room) return way;
            if (seen.insert(next).second) ways.push_back(std::move(way));
        }
    }
    return {};
}

void check_cycles(const Arrows& arrows, std::vector<Finding>& findings) {
    std::set<std::string> told;
    for (const auto& [room, targets] : arrows) {
        if (told.contains(room)) continue;
        const auto way = way_back(arrows, room);
        if (way.empty()) continue;
        std::string text;
        for (const auto& step : way) {
            told.insert(step);
            text += (text.empty() ? "" : " -> ") + step;
        }
        findings.push_back({"cycle", targets.at(way[1]), text});
    }
}

}  // namespace

std::string Rooms::of(std::string_view path) const {
    std::string best;
    for (const auto& room : order)
        if (path.starts_with(room + "/") && room.size() > best.size()) best = room;
    return best;
}

Rooms read_rooms(const std::filesystem::path& root, std::vector<Finding>& findings) {
    auto text = read_text(root / "CMakeLists.txt");
    text = std::regex_replace(text, std::regex("#[^\n]*"), "");
    static const std::regex kRoom("slipway_room\\(([^)]*)\\)");
    Rooms rooms;
    for (auto match = std::sregex_iterator(text.begin(), text.end(), kRoom); match != std::sregex_iterator(); ++match) {
        const auto names = name_and_rooms((*match)[1].str());
        if (names.empty()) continue;
        auto& usable = rooms.usable[names[0]];
        usable.insert(names[0]);
        for (std::size_t i = 1; i < names.size(); ++i) {
            const auto below = rooms.usable.find(names[i]);
            if (below == rooms.usable.end() || names[i] == names[0]) {
                const auto line = line_of(text, static_cast<std::size_t>(match->position()));
                findings.push_back({"room order", "CMakeLists.txt:" + std::to_string(line),
                                    names[0] + " may use " + names[i] + ", which is not declared above it"});
                continue;
            }
            usable.insert(below->second.begin(), below->second.end());
        }
        rooms.order.push_back(names[0]);
    }
    if (rooms.order.empty()) findings.push_back({"room order", "CMakeLists.txt", "there is no slipway_room"});
    return rooms;
}

void check_includes(const Rooms& rooms, const std::vector<Source>& sources, std::vector<Finding>& findings) {
    static const std::regex kInclude("(^|\n)[ \t]*#[ \t]*include[ \t]*\"([^\"\n]+)\"");
    Arrows arrows;
    for (const auto& source : sources) {
        if (!source.is_cpp()) continue;
        const auto path = source.path.substr(std::string_view("src/").size());
        const auto room = rooms.of(path);
        const bool entrance = path.find('/') == std::string::npos;  // main.cpp stands above all rooms
        if (room.empty() && !entrance)
            findings.push_back({"unknown room", source.path, "its folder is no slipway_room"});
        for (auto match = std::sregex_iterator(source.text.begin(), source.text.end(), kInclude);
             match != std::sregex_iterator(); ++match) {
            const auto included = (*match)[2].str();
            const auto place = place_of(source, line_of(source.text, static_cast<std::size_t>(match->position(2))));
            const auto other = rooms.of(included);
            if (other.empty()) {
                findings.push_back(
                    {"unknown room", place, "\"" + included + "\" is in no room; write the path from src/"});
            } else if (!room.empty() && other != room) {
                arrows[room].emplace(other, place);
                if (!rooms.usable.at(room).contains(other))
                    findings.push_back(
                        {"upward include", place, room + " may not use " + other + " (\"" + included + "\")"});
            }
        }
    }
    check_cycles(arrows, findings);
}

}  // namespace slipway::house
