// The `bootstrap` of a function's zip: starts slipway by the loader and the C library that lie beside it, as those of Amazon Linux 2023
// are older than what it was built with. Linked statically, so it needs nothing of the system. scripts/lambda-zip.sh builds it.
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed(const char *what) {
    perror(what);
    return 1;
}

int main(void) {
    static char folder[PATH_MAX], loader[PATH_MAX + 32], libraries[PATH_MAX + 32], program[PATH_MAX + 32], certificates[PATH_MAX + 32];
    const ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (length <= 0) return failed("bootstrap: /proc/self/exe");
    *strrchr(folder, '/') = '\0';
    snprintf(loader, sizeof loader, "%s/lib/loader", folder);
    snprintf(libraries, sizeof libraries, "%s/lib", folder);
    snprintf(program, sizeof program, "%s/slipway", folder);
    snprintf(certificates, sizeof certificates, "%s/certificates.pem", folder);
    // OpenSSL was built with Debian's place for them.
    setenv("SSL_CERT_FILE", certificates, 0);
    setenv("LAMBDA_TASK_ROOT", folder, 0);
    execl(loader, loader, "--library-path", libraries, "--argv0", "slipway", program, "lambda", (char *)NULL);
    return failed("bootstrap: the loader beside it");
}
