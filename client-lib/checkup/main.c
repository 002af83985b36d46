/* eid-doctor: looks at a portal's live integration with an OpenID provider, one thing after the
 * other, and names cause and cure.  Manual: docs/man/eid-doctor.1. */
#include <getopt.h>
#include "base/arena.h"
#include "checkup/doctor.h"

#define MEMORY_MAX ((size_t)256 << 20)
#define TIMEOUT_DEFAULT_MS 10000
#define EXIT_USAGE 2

/* In the order of what needs what: what follows a check that says false is skipped. */
static const struct {
    const char *name;
    check_fn *check;
} checks[] = {
    {"configuration", check_configuration},
    {"provider", check_connection},
    {"metadata", check_metadata},
    {"clock", check_clock},
    {"keys", check_keys},
    {"offers", check_offers},
    {"registration", check_registration},
    {"logout", check_logout},
    {"portal", check_portal},
};

static void help(void)
{
    puts(
        "usage: eid-doctor [--json] [--strict] [--config FILE] [NAME=value ...]\n\n"
        "Looks at a portal's live integration with an OpenID provider: configuration, TLS,\n"
        "discovery, clock, keys, registration, logout, and the portal's own addresses.  One line\n"
        "for each check, and for what is not well its cause and its cure.  Nothing is left behind\n"
        "at the provider; no person is needed; no secret is shown.\n\n"
        "  -c, --config FILE   the portal's settings, lines NAME=value\n"
        "  -j, --json          for programs\n"
        "  -s, --strict        warnings count as failures\n"
        "  -h, --help          this text\n"
        "  -V, --version\n\n"
        "Settings: lines of FILE, then PORTAL_NAME and EID_NAME of the environment, then\n"
        "arguments; the later wins.\n");
    settings_help(stdout);
    puts("\nExit status: 0 nothing failed, 1 something did, 2 wrong usage.");
}

static void examine(struct doctor *d)
{
    const char *failed = NULL;
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (failed != NULL) {
            report_add(d->report, SKIPPED, checks[i].name, NULL, "after what failed above (%s)",
                       failed);
        } else if (!checks[i].check(d)) {
            failed = checks[i].name;
        }
    }
}

static void start(struct doctor *d)
{
    const char *timeout = doctor_setting(d, TIMEOUT_MS);
    uint64_t ms = TIMEOUT_DEFAULT_MS;
    if (timeout != NULL && (!str_u64(str_from(timeout), &ms) || ms == 0 || ms > 600000)) {
        ms = TIMEOUT_DEFAULT_MS; /* libeid refuses it with its reason */
    }
    d->web = (struct web){.arena = d->arena,
                          .ca_file = doctor_setting(d, CA_FILE),
                          .timeout_ms = (long)ms,
                          .state = STR("")};
}

static int doctor_run(struct doctor *d, const char *config, char **arguments, bool json,
                      bool strict)
{
    const char *why = "";
    if (!settings_read(d->arena, config, arguments, &d->settings, &why)) {
        fprintf(stderr, "eid-doctor: %s\n", why);
        return EXIT_USAGE;
    }
    start(d);
    examine(d);
    eid_client_free(d->client);
    const char *issuer = doctor_setting(d, ISSUER);
    const char *client = doctor_setting(d, CLIENT_ID);
    bool written = json ? report_print_json(d->report, issuer != NULL ? issuer : "",
                                            client != NULL ? client : "", stdout)
                        : report_print(d->report, stdout);
    bool well =
        report_count(d->report, FAILED) == 0 && (!strict || report_count(d->report, WARNING) == 0);
    return written && well ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'},
        {"strict", no_argument, NULL, 's'},       {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},      {NULL, 0, NULL, 0}};
    const char *config = NULL;
    bool json = false;
    bool strict = false;
    int given;
    while ((given = getopt_long(argc, argv, "c:jshV", options, NULL)) != -1) {
        switch (given) {
        case 'c':
            config = optarg;
            break;
        case 'j':
            json = true;
            break;
        case 's':
            strict = true;
            break;
        case 'h':
            help();
            return 0;
        case 'V':
            printf("eid-doctor %s\n", eid_version());
            return 0;
        default:
            return EXIT_USAGE;
        }
    }
    struct arena *arena = arena_new(MEMORY_MAX);
    if (arena == NULL) {
        fprintf(stderr, "eid-doctor: out of memory\n");
        return 1;
    }
    struct doctor d = {.arena = arena, .report = report_new(arena)};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = doctor_run(&d, config, argv + optind, json, strict);
    curl_global_cleanup();
    arena_free(arena); /* wipes secrets, too */
    return status;
}
