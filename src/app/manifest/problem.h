// What is wrong with a manifest, and where. All problems of a manifest are collected before anybody is told.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::app {

// A place in a file, counted from 1. Line 0: the file as a whole.
struct Mark {
    int line = 0;
    int column = 0;

    bool operator==(const Mark&) const = default;
};

struct ManifestProblem {
    enum class Severity : unsigned char { error, warning };

    Severity severity = Severity::error;
    std::filesystem::path file;
    Mark mark;
    std::string message;     // what is wrong; never a secret
    std::string suggestion;  // what to do; may be empty
};

// "apps/hello/app.yaml:12:9: error: … Did you mean "port"?"
std::string to_line(const ManifestProblem& problem);
// One line each, in the order of the file, errors and warnings mixed.
std::string to_lines(const std::vector<ManifestProblem>& problems);

// Problems of one file. More than kProblemsMax are counted, not kept.
class Problems {
 public:
    explicit Problems(std::filesystem::path file) : file_(std::move(file)) {}

    void error(Mark mark, std::string message, std::string suggestion = {});
    void warning(Mark mark, std::string message, std::string suggestion = {});

    const std::filesystem::path& file() const { return file_; }
    std::size_t count() const { return problems_.size() + left_out_; }
    std::vector<ManifestProblem> take() &&;

 private:
    void add(ManifestProblem::Severity severity, Mark mark, std::string message, std::string suggestion);

    std::filesystem::path file_;
    std::vector<ManifestProblem> problems_;
    std::size_t left_out_ = 0;
};

inline constexpr std::size_t kProblemsMax = 100;

}  // namespace slipway::app
