/* The schema's migrations: embedded in the program, forward only.
 *
 * migrate_run connects as config db_owner over the Unix socket, takes an advisory lock (a second
 * node waits and then finds nothing to do), checks the checksums of what was applied, applies what
 * is missing, each file in one transaction, and sets the passwords of the roles whose password_file
 * is configured. A password crosses to the server as a SCRAM verifier only (RFC 5802); it never
 * stands in SQL or a log.
 *
 * Where config says development.sandbox, migrations/sandbox.sql follows each time; a database with
 * people who were not invented refuses it, and a sandbox's refuses everybody else (ERR_CONFLICT).
 *
 * Blocking; for authctl and tests. */
#ifndef MIGRATE_MIGRATE_H
#define MIGRATE_MIGRATE_H
#include "base/err.h"
#include "base/str.h"
#include "config/config.h"

struct migrate_options {
    bool dry_run; /* says what would be done, changes nothing */
};
enum migrate_step {
    MIGRATE_APPLIED,      /* version, name */
    MIGRATE_WOULD_APPLY,  /* dry run: version, name */
    MIGRATE_PASSWORD_SET, /* name: of the role */
    MIGRATE_WOULD_SET,    /* dry run: name: of the role */
    MIGRATE_WARNING,      /* text */
    MIGRATE_UP_TO_DATE    /* version: of the newest */
};
struct migrate_report {
    enum migrate_step step;
    int version;
    const char *name; /* of migration or role */
    const char *text; /* MIGRATE_WARNING */
};
typedef void migrate_report_fn(void *arg, const struct migrate_report *report);

/* ERR_CONFLICT: an applied migration differs from ours, or the database is newer than this program
 * and not compatible with it; the reason says cause and cure.  ERR_UNAVAILABLE: no connection.
 * ERR_DENIED: the owner may not do it.  What was applied before a failure stays applied. */
CHECKED enum err migrate_run(const struct config *c, const struct migrate_options *options,
                             migrate_report_fn *report, void *arg);

#endif
