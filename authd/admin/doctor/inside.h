/* What the checks share: what has been read so far, and where findings go. */
#ifndef DOCTOR_INSIDE_H
#define DOCTOR_INSIDE_H
#include <libpq-fe.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "config/config.h"

enum severity { FOUND_ERROR, FOUND_WARNING, FOUND_NOTE };

struct doctor {
    struct arena *arena;
    const char *config_path, *version;
    struct config *config; /* NULL: can't be read, nothing else is checked */
    PGconn *db;            /* as the admin role; NULL: no connection */
    const json_t *status;  /* of the daemon; NULL: it does not run */
    const char *area;      /* of the check that runs */
    json_t *findings;
    bool looked; /* the check has been able to look */
};

/* What is wrong, in the running check's area; cure: what to do, a sentence. */
void found(struct doctor *d, enum severity severity, struct str text, const char *cure);
/* Text in the doctor's arena. */
#define SAY(d, ...) str_fmt((d)->arena, __VA_ARGS__)
/* The check could not look, and this is why; a note. */
void not_looked(struct doctor *d, struct str why);

/* A statement without parameters, as the admin role; NULL when it failed, which is a finding.  The
 * caller clears it. */
PGresult *ask_database(struct doctor *d, const char *text);
/* Connects as a role of the configuration; NULL with the reason in *why. */
PGconn *connect_as(struct doctor *d, const struct config_role *role, struct str *why);
/* For production: not on http://localhost. */
bool in_production(const struct config *c);

typedef void check_fn(struct doctor *d);
check_fn check_configuration; /* check_configuration.c: the file, secret files, weak options */
check_fn check_certificate;   /* check_certificate.c: term, name, key, chain */
check_fn check_issuer;        /* check_issuer.c: does the world reach us under the issuer's name? */
check_fn check_roles;         /* check_database.c: can every process connect? */
check_fn check_settings;      /* check_database.c: settings that break promises */
check_fn check_clocks;        /* check_machine.c */
check_fn check_disk;          /* check_machine.c */
check_fn check_schema;        /* check_schema.c: versions and checksums */
check_fn check_rights;        /* check_rights.c: what each role may do, against the list */
check_fn check_keys;          /* check_keys.c */
check_fn check_erasures;      /* check_erasures.c: the ledger outside the database */
check_fn check_deliveries;    /* check_work.c */
check_fn check_clients;       /* check_work.c */
check_fn check_audit;         /* check_work.c */
check_fn check_daemon;        /* check_daemon.c: does it run, its processes and sandbox */

/* Pure, for their tests. */
enum severity disk_severity(uint64_t free_bytes, uint64_t all_bytes); /* FOUND_NOTE: enough */

#endif
