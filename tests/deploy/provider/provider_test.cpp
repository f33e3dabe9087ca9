// The provider of the schema, asked by Terraform itself where it is installed.
#include "deploy/provider/provider.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/child_process.h"
#include "deploy/provider/planned.h"
#include "deploy/provider/protobuf.h"
#include "must.h"
#include "store/temporary_folder.h"

namespace slipway::test {
namespace {

constexpr std::string_view kQueue = R"(
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}
provider "aws" {
  region = "us-west-2"
  default_tags {
    tags = { project = "test" }
  }
}
variable "password" {
  type      = string
  sensitive = true
  ephemeral = true
}
resource "aws_sqs_queue" "jobs" {
  name                       = "jobs"
  visibility_timeout_seconds = 120
}
resource "aws_security_group" "open" {
  name = "open"
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
resource "aws_secretsmanager_secret_version" "password" {
  secret_id                = aws_sqs_queue.jobs.arn
  secret_string_wo         = var.password
  secret_string_wo_version = 1
}
output "queue" {
  value = aws_sqs_queue.jobs.url
}
)";

struct SchemaProviderOfTerraform : testing::Test {
    TemporaryFolder folder;
    std::optional<std::string> terraform = find_program("terraform");
    std::unique_ptr<deploy::SchemaProvider> provider;

    void SetUp() override {
        auto started = deploy::SchemaProvider::start(folder.path());
        if (!started && started.error().code == ErrorCode::not_found) GTEST_SKIP() << started.error().message;
        provider = must(std::move(started));
        if (!terraform) GTEST_SKIP() << "Terraform is not installed";
        write(std::string(kQueue));
        must_run({"init", "-input=false"});
    }

    void write(const std::string& text) const { std::ofstream(folder / "main.tf") << text; }

    ChildOutcome run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "-chdir=" + folder.path().string());
        const ChildLimits limits{.wall_time = std::chrono::seconds(120),
                                 .cpu_time = std::chrono::seconds(120),
                                 .memory_bytes = 16UL << 30,
                                 .output_bytes_max = 16 << 20,
                                 .file_bytes_max = 256 << 20,
                                 .open_files_max = 256};
        return must(run_child(*terraform, arguments, "", limits,
                              {provider->environment(), "HOME=" + folder.path().string(), "CHECKPOINT_DISABLE=1",
                               "TF_IN_AUTOMATION=1", "NO_COLOR=1"}));
    }

    ChildOutcome must_run(const std::vector<std::string>& arguments) const {
        auto outcome = run(arguments);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.output << outcome.errors;
        return outcome;
    }

    void expect_refused(std::string_view from, std::string_view to, std::string_view message) const {
        std::string text(kQueue);
        text.replace(text.find(from), from.size(), to);
        write(text);
        const auto outcome = run({"validate", "-no-color"});
        EXPECT_NE(outcome.exit_code, 0) << to;
        EXPECT_NE((outcome.output + outcome.errors).find(message), std::string::npos)
            << outcome.output << outcome.errors;
    }
};

TEST_F(SchemaProviderOfTerraform, ValidatesAndFindsMistakes) {
    must_run({"validate"});
    expect_refused("visibility_timeout_seconds", "visibility_timeout_secondes", "visibility_timeout_seconds");
    expect_refused("visibility_timeout_seconds = 120", "visibility_timeout_seconds = \"soon\"", "a number is");
    expect_refused("\"aws_sqs_queue\" \"jobs\"", "\"aws_sqs_queues\" \"jobs\"", "aws_sqs_queues");
    expect_refused("  secret_id                = aws_sqs_queue.jobs.arn\n", "", "secret_id");
    expect_refused("  name = \"open\"", "  name = \"open\"\n  ingres {}", "ingres");
}

TEST_F(SchemaProviderOfTerraform, PlansAppliesAndFindsNothingToDoAfterwards) {
    const std::string password = "-var=password=canary-of-the-test";
    must_run({"plan", "-input=false", "-out=plan", password});
    const auto shown = must_run({"show", "-json", "plan"}).output;
    EXPECT_EQ(shown.find("canary-of-the-test"), std::string::npos);
    EXPECT_NE(shown.find("\"url\":true"), std::string::npos) << "what AWS gives is known after apply";
    must_run({"apply", "-input=false", "-auto-approve", password});
    EXPECT_EQ(must_run({"plan", "-input=false", "-detailed-exitcode", password}).exit_code, 0);
    std::ifstream state(folder / "terraform.tfstate");
    const std::string kept((std::istreambuf_iterator<char>(state)), {});
    EXPECT_NE(kept.find("invented-url"), std::string::npos);
    EXPECT_EQ(kept.find("canary-of-the-test"), std::string::npos) << "write-only values are not kept";
    must_run({"destroy", "-input=false", "-auto-approve", password});
}

TEST_F(SchemaProviderOfTerraform, ServesTestsWithMocks) {
    std::ofstream(folder / "jobs.tftest.hcl") << R"(
mock_provider "aws" {}
variables {
  password = "of-the-test"
}
run "queue" {
  assert {
    condition     = aws_sqs_queue.jobs.visibility_timeout_seconds == 120
    error_message = "the wrong time"
  }
}
)";
    const auto tested = must_run({"test"});
    EXPECT_NE(tested.output.find("1 passed"), std::string::npos) << tested.output;
}

TEST(SchemaProvider, RefusesWhatItDoesNotKnow) {
    const deploy::ProviderSchema schema;
    const auto unknown = deploy::answer_call(schema, "/tfplugin5.Provider/Fly", "");
    ASSERT_FALSE(unknown.has_value());
    EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
    EXPECT_FALSE(deploy::answer_call(schema, "/tfplugin5.Provider/PlanResourceChange", "\x0a\x03zzz").has_value());
    EXPECT_FALSE(deploy::answer_call(schema, "/tfplugin5.Provider/PlanResourceChange", "\xff").has_value());
}

TEST(SchemaProvider, LeavesWhatIsComputedInsideOfSetsNull) {
    const auto inner = std::make_shared<deploy::SchemaBlock>();
    inner->attributes["id"] = {.type = "string", .computed = true};
    deploy::SchemaBlock block;
    block.attributes["arn"] = {.type = "string", .computed = true};
    block.blocks["rule"] = {.nesting = deploy::Nesting::set, .least = 0, .most = 0, .block = inner};
    block.blocks["step"] = {.nesting = deploy::Nesting::list, .least = 0, .most = 0, .block = inner};
    deploy::Value one, config;
    one.set("id", deploy::Value());
    config.set("arn", deploy::Value());
    config.set("rule", deploy::Value::list({one}));
    config.set("step", deploy::Value::list({one}));
    const auto planned = deploy::planned_state(block, config, config, true);
    EXPECT_TRUE(planned.member("arn")->is_unknown());
    EXPECT_TRUE(planned.member("rule")->items[0].member("id")->is_null());
    EXPECT_TRUE(planned.member("step")->items[0].member("id")->is_unknown());
}

}  // namespace
}  // namespace slipway::test
