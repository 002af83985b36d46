/* migrate: the database's schema, without the daemon, as the database's owner. */
#include "authctl/authctl.h"

#include "migrate/migrate.h"

struct report {
    json_t *rows;
};

static void on_step(void *arg, const struct migrate_report *step)
{
    static const char *const states[] = {
        [MIGRATE_APPLIED] = "applied",           [MIGRATE_WOULD_APPLY] = "would be applied",
        [MIGRATE_PASSWORD_SET] = "password set", [MIGRATE_WOULD_SET] = "password would be set",
        [MIGRATE_WARNING] = "warning",           [MIGRATE_UP_TO_DATE] = "up to date",
    };
    struct report *report = arg;
    json_t *row = json_object();
    if (step->version) {
        json_object_set_new(row, "version", json_integer(step->version));
    }
    const char *name = step->name ? step->name : step->text;
    if (name) {
        json_object_set_new(row, "name", json_string(name));
    }
    json_object_set_new(row, "state", json_string(states[step->step]));
    json_array_append_new(report->rows, row);
}

enum err local_migrate(struct arena *a, const struct request *r, json_t **result)
{
    struct config *config;
    struct report report = {.rows = json_own(a, json_array())};
    struct migrate_options options = {
        .dry_run = json_is_true(json_object_get(r->arguments, "dry-run")),
    };
    TRY(config_read_options(r->config_path, &config));
    enum err e = migrate_run(config, &options, on_step, &report);
    config_free(config);
    TRY(e);
    json_t *answer = json_own(a, json_object());
    json_object_set(answer, "rows", report.rows);
    *result = answer;
    return OK;
}
