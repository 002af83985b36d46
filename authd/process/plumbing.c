/* The one table of processes and channels. */
#include "process/plumbing.h"
#include <string.h>
#include "log/log.h"
#include "proc/sandbox.h"

static const struct role_plan roles[ROLE_COUNT] = {
    [ROLE_PARENT] = {.name = "parent"},
    [ROLE_WEB] = {.name = "web",
                  .loop = true,
                  .rights = SANDBOX_ACCEPT | SANDBOX_CONNECT_UNIX,
                  .files = 65536},
    [ROLE_VERIFIER] = {.name = "verifier",
                       .locked_memory = true,
                       .rights = SANDBOX_CONNECT_UNIX | SANDBOX_THREADS,
                       .files = 1024},
    [ROLE_SIGNER] = {.name = "signer", .empty_root = true, .locked_memory = true, .files = 256},
    [ROLE_COURIER] = {.name = "courier",
                      .loop = true,
                      .network = true,
                      .rights = SANDBOX_CONNECT_UNIX | SANDBOX_CONNECT_INET | SANDBOX_THREADS |
                                SANDBOX_READ_SYSTEM,
                      .files = 1024},
    [ROLE_CLERK] = {.name = "clerk", .loop = true, .rights = SANDBOX_CONNECT_UNIX, .files = 1024},
    [ROLE_ADMIN] = {.name = "admin",
                    .loop = true,
                    .sees_users = true,
                    .rights = SANDBOX_ACCEPT | SANDBOX_CONNECT_UNIX,
                    .files = 1024},
};

static const struct link_plan links[] = {
    {ROLE_WEB, ROLE_SIGNER, CHANNEL_WEB},     {ROLE_WEB, ROLE_VERIFIER, CHANNEL_WEB},
    {ROLE_CLERK, ROLE_SIGNER, CHANNEL_CLERK}, {ROLE_COURIER, ROLE_SIGNER, CHANNEL_COURIER},
    {ROLE_ADMIN, ROLE_SIGNER, CHANNEL_ADMIN}, {ROLE_ADMIN, ROLE_VERIFIER, CHANNEL_ADMIN},
    {ROLE_ADMIN, ROLE_WEB, CHANNEL_ADMIN},
};

const struct role_plan *plumbing_role(enum role role)
{
    return &roles[role];
}

const struct link_plan *plumbing_links(size_t *n)
{
    *n = sizeof(links) / sizeof(links[0]);
    return links;
}

size_t plumbing_count(const struct config *c, enum role role)
{
    switch (role) {
    case ROLE_WEB:
        return (size_t)c->web_processes;
    case ROLE_SIGNER:
        return (size_t)c->signer_processes;
    case ROLE_VERIFIER:
        return (size_t)c->verifier_processes;
    case ROLE_COURIER:
    case ROLE_CLERK:
    case ROLE_ADMIN:
        return 1;
    default:
        return 0;
    }
}

const struct config_role *plumbing_database(const struct config *c, enum role role)
{
    switch (role) {
    case ROLE_WEB:
        return &c->db_web;
    case ROLE_VERIFIER:
        return &c->db_verifier;
    case ROLE_COURIER:
        return &c->db_courier;
    case ROLE_CLERK:
        return &c->db_clerk;
    case ROLE_ADMIN:
        return &c->db_admin;
    default:
        return NULL;
    }
}

void process_log_configure(const struct config *c, enum role role, int number)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    enum log_level level = LOG_INFO;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(c->log_level, levels[i]) == 0) {
            level = (enum log_level)i;
        }
    }
    log_configure(strcmp(c->log_format, "json") == 0 ? LOG_JSON : LOG_KEY_VALUE, level,
                  plumbing_role(role)->name, number);
}
