/* authd: arguments, and which process to be.  What the processes are and who talks to whom is in
 * process/plumbing.c; the body of each is one file. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "config/config.h"
#include "proc/spawn.h"
#include "process/process.h"

#ifndef AUTHD_VERSION
#define AUTHD_VERSION "unknown"
#endif
#define CONFIG_PATH "/etc/authd/authd.conf"

enum { OPTION_SANDBOX = 256 }; /* no letter: nobody types it by mistake */

#if defined(__SANITIZE_ADDRESS__)
/* Our processes can't be traced, so LeakSanitizer, which traces, can't run in them. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

static process_body_fn *const bodies[ROLE_COUNT] = {
    [ROLE_WEB] = web_body,         [ROLE_VERIFIER] = verifier_body, [ROLE_SIGNER] = signer_body,
    [ROLE_COURIER] = courier_body, [ROLE_CLERK] = clerk_body,       [ROLE_ADMIN] = admin_body,
};

static const char usage[] =
    "usage: authd [-n] [--sandbox] [-c FILE]\n"
    "\n"
    "  -c, --config FILE   configuration (default " CONFIG_PATH ")\n"
    "  -n, --check         check the configuration and end\n"
    "      --sandbox       a sandbox for integrators, on loopback only; see docs/sandbox.md\n"
    "  -h, --help          this text\n"
    "  -V, --version       version\n"
    "\n"
    "Issues and verifies signed identity tokens; see authd(8) and authd.conf(5).\n"
    "SIGHUP reloads the configuration, SIGUSR2 exchanges all processes for those of the program\n"
    "that is installed now, SIGTERM finishes what is in progress and ends.\n";

static int check(const char *path)
{
    struct config *c = NULL;
    if (config_read(path, &c) != OK) {
        fprintf(stderr, "authd: %s\n", err_reason());
        return 1;
    }
    printf("%s: fine\n", path);
    config_free(c);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, 'n'},
        {"sandbox", no_argument, NULL, OPTION_SANDBOX},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    const char *path = CONFIG_PATH;
    bool only_check = false;
    bool sandbox = false;
    int option;
    if (argc == 2 && strcmp(argv[1], SPAWN_ARGUMENT) == 0) {
        return child_run(bodies);
    }
    while ((option = getopt_long(argc, argv, "c:nhV", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case 'n':
            only_check = true;
            break;
        case OPTION_SANDBOX:
            sandbox = true;
            break;
        case 'h':
            fputs(usage, stdout);
            return 0;
        case 'V':
            puts("authd " AUTHD_VERSION);
            return 0;
        default:
            fputs(usage, stderr);
            return 2;
        }
    }
    if (optind < argc) {
        fputs(usage, stderr);
        return 2;
    }
    return only_check ? check(path) : parent_run(path, sandbox, argv);
}
