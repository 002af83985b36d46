/* store_migrate SOCKET DATABASE [--dry-run]: runs the migrations as superuser; for tests. */
#include <stdio.h>
#include <string.h>

#include "migrate/migrate.h"

static void print(void *arg, const struct migrate_report *r)
{
    static const char *const WORDS[] = {"applied",   "would apply", "password set",
                                        "would set", "warning",     "up to date"};
    (void)arg;
    (void)printf("%s %d %s\n", WORDS[r->step], r->version, r->name == NULL ? "" : r->name);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        return 2;
    }
    struct config c = {.db_host = argv[1], .db_name = argv[2], .db_port = 5432};
    struct config_role *roles[] = {&c.db_owner, &c.db_web,     &c.db_verifier,
                                   &c.db_clerk, &c.db_courier, &c.db_admin};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        *roles[i] = (struct config_role){"postgres", ""};
    }
    struct migrate_options options = {.dry_run = argc > 3 && strcmp(argv[3], "--dry-run") == 0};
    enum err e = migrate_run(&c, &options, print, NULL);
    if (e != OK) {
        (void)fprintf(stderr, "%s: %s\n", err_name(e), err_reason());
        return 1;
    }
    return 0;
}
