#include "cli/cli.h"

int main(int count, char** arguments) { return slipway::cli::run(count, arguments); }
