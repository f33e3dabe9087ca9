#include "base/metrics.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <variant>

#include <fmt/format.h>

namespace slipway::metrics {
namespace {

// A label's value may hold anything; a name is ours.
std::string escaped(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        if (c == '\n')
            text += "\\n";
        else
            text += c;
    }
    return text;
}

// a="1",b="2"
std::string key_of(const Labels& labels) {
    std::string key;
    for (const auto& [name, value] : labels)
        key += fmt::format("{}{}=\"{}\"", key.empty() ? "" : ",", name, escaped(value));
    return key;
}

std::string number(double value) { return fmt::format("{}", value); }

std::string line(std::string_view name, std::string_view suffix, std::string_view labels, std::string_view value) {
    return labels.empty() ? fmt::format("{}{} {}\n", name, suffix, value)
                          : fmt::format("{}{}{{{}}} {}\n", name, suffix, labels, value);
}

std::string rendered(std::string_view name, std::string_view labels, const Counter& counter) {
    return line(name, "", labels, fmt::format("{}", counter.value()));
}
std::string rendered(std::string_view name, std::string_view labels, const Gauge& gauge) {
    return line(name, "", labels, number(gauge.value()));
}
std::string rendered(std::string_view name, std::string_view labels, const Histogram& histogram) {
    const auto counts = histogram.cumulative();
    const std::string before = labels.empty() ? "" : fmt::format("{},", labels);
    std::string text;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto bound = i < Histogram::kBounds.size() ? number(Histogram::kBounds[i]) : std::string("+Inf");
        text += line(name, "_bucket", fmt::format("{}le=\"{}\"", before, bound), fmt::format("{}", counts[i]));
    }
    text += line(name, "_sum", labels, number(histogram.sum()));
    text += line(name, "_count", labels, fmt::format("{}", counts.back()));
    return text;
}

template <typename Series>
constexpr std::string_view kind_of() {
    if constexpr (std::is_same_v<Series, Counter>) return "counter";
    if constexpr (std::is_same_v<Series, Gauge>) return "gauge";
    return "histogram";
}

template <typename Series>
class Families {
 public:
    Series& find(std::string_view name, std::string_view help, const Labels& labels) {
        const std::lock_guard lock(mutex_);
        auto family = families_.find(name);
        if (family == families_.end()) family = families_.emplace(name, Family{std::string(help), {}}).first;
        auto& series = family->second.series;
        auto key = key_of(labels);
        auto known = series.find(key);
        if (known == series.end() && series.size() >= kSeriesMax) {
            auto others = labels;
            for (auto& label : others) label.second = "other";
            key = key_of(others);
            known = series.find(key);
        }
        if (known == series.end()) known = series.emplace(std::move(key), std::make_unique<Series>()).first;
        return *known->second;
    }
    void render(std::map<std::string, std::string>& texts) const {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, family] : families_) {
            auto& text = texts[name];
            text = fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, kind_of<Series>());
            for (const auto& [labels, series] : family.series) text += rendered(name, labels, *series);
        }
    }

 private:
    struct Family {
        std::string help;
        std::map<std::string, std::unique_ptr<Series>> series;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Family, std::less<>> families_;
};

// Never destroyed: threads may count while the process ends.
template <typename Series>
Families<Series>& families() {
    static auto& all = *new Families<Series>();
    return all;
}

}  // namespace

void Histogram::observe(double seconds) {
    const auto bound = std::ranges::lower_bound(kBounds, seconds);
    counts_[static_cast<std::size_t>(bound - kBounds.begin())].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(seconds, std::memory_order_relaxed);
}

std::array<std::uint64_t, Histogram::kBounds.size() + 1> Histogram::cumulative() const {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = all += counts_[i].load(std::memory_order_relaxed);
    return counts;
}

Counter& counter(std::string_view name, std::string_view help, const Labels& labels) {
    return families<Counter>().find(name, help, labels);
}
Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels) {
    return families<Gauge>().find(name, help, labels);
}
Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels) {
    return families<Histogram>().find(name, help, labels);
}

std::string exposition() {
    std::map<std::string, std::string> texts;
    families<Counter>().render(texts);
    families<Gauge>().render(texts);
    families<Histogram>().render(texts);
    std::string all;
    for (const auto& [name, text] : texts) all += text;
    return all;
}

}  // namespace slipway::metrics
