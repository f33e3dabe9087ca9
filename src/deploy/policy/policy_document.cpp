#include "deploy/policy/policy_document.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr JsonLimits kDocumentLimits{.depth_max = 16, .bytes_max = 256 << 10};

std::vector<std::string> one_or_many(const json::object& object, std::string_view key) {
    if (const auto text = text_or(object, key); !text.empty()) return {std::string(text)};
    return texts_in(object, key);
}

std::vector<std::string> principals_of(const json::object& statement) {
    if (const auto text = text_or(statement, "Principal"); !text.empty()) return {std::string(text)};
    std::vector<std::string> all;
    if (const auto* principal = object_in(statement, "Principal"))
        for (const auto& [kind, value] : *principal)
            for (const auto& name : one_or_many(*principal, kind))
                all.push_back(name == "*" ? "*" : fmt::format("{}:{}", std::string_view(kind), name));
    return all;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A document that names an ARN which comes later: the data source that it is made of still shows its actions.
bool add_from_data(const Plan& plan, Rights& rights, const Resource& resource, std::string_view key) {
    bool found = false;
    for (const auto* data : plan.referred(resource, key))
        if (data->data && data->type == "aws_iam_policy_document")
            for (const auto* block : data->blocks("statement")) {
                found = true;
                rights.statements.push_back({.allow = text_or(*block, "effect", "Allow") != "Deny",
                                             .actions = texts_in(*block, "actions"),
                                             .resources = texts_in(*block, "resources")});
            }
    return found;
}

void add_document(const Plan& plan, Rights& rights, const Resource& resource, std::string_view key) {
    if (resource.is_unknown(key)) {
        if (!add_from_data(plan, rights, resource, key)) rights.complete = false;
        return;
    }
    for (auto& statement : statements_of(resource.text(key))) rights.statements.push_back(std::move(statement));
}

}  // namespace

std::vector<std::string> Statement::condition(std::string_view key) const {
    std::vector<std::string> values;
    for (const auto& [name, test] : conditions)
        if (const auto* keys = test.if_object())
            for (auto& value : one_or_many(*keys, key)) values.push_back(std::move(value));
    return values;
}

std::vector<Statement> statements_of(std::string_view document) {
    const auto parsed = parse_json(document, kDocumentLimits);
    const auto* root = parsed ? parsed->if_object() : nullptr;
    std::vector<Statement> statements;
    if (root == nullptr) return statements;
    for (const auto* one : blocks_in(*root, "Statement")) {
        Statement statement{.allow = text_or(*one, "Effect") == "Allow",
                            .actions = one_or_many(*one, "Action"),
                            .resources = one_or_many(*one, "Resource"),
                            .principals = principals_of(*one)};
        if (const auto* conditions = object_in(*one, "Condition")) statement.conditions = *conditions;
        statements.push_back(std::move(statement));
    }
    return statements;
}

bool matches(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0, star = std::string_view::npos, back = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            back = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == lower(name[n]))) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++back;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool Rights::allow(std::string_view action) const {
    return std::ranges::any_of(statements, [&](const Statement& one) {
        return one.allow && std::ranges::any_of(one.actions, [&](const std::string& a) { return matches(a, action); });
    });
}

bool Rights::allow(std::string_view action, std::string_view resource) const {
    return std::ranges::any_of(statements, [&](const Statement& one) {
        return one.allow &&
               std::ranges::any_of(one.actions, [&](const std::string& a) { return matches(a, action); }) &&
               std::ranges::any_of(one.resources, [&](const std::string& r) { return matches(r, resource); });
    });
}

Rights rights_of(const Plan& plan, const Resource& role) {
    Rights rights;
    for (const auto* inline_policy : plan.referring(role, "aws_iam_role_policy", "role"))
        add_document(plan, rights, *inline_policy, "policy");
    for (const auto* attachment : plan.referring(role, "aws_iam_role_policy_attachment", "role")) {
        const auto policies = plan.referred(*attachment, "policy_arn", "aws_iam_policy");
        if (policies.empty()) rights.complete = false;
        for (const auto* policy : policies) add_document(plan, rights, *policy, "policy");
    }
    return rights;
}

}  // namespace slipway::deploy
