/* The order of the checks, and what comes out of them. */
#include "doctor/doctor.h"

#include <string.h>

#include "doctor/inside.h"

static const struct {
    const char *area;
    check_fn *check;
    bool needs_database;
} checks[] = {
    {"configuration", check_configuration, false},
    {"certificate", check_certificate, false},
    {"daemon", check_daemon, false},
    {"issuer", check_issuer, false},
    {"database", check_roles, false},
    {"clocks", check_clocks, false},
    {"disk", check_disk, false},
    {"settings", check_settings, true},
    {"schema", check_schema, true},
    {"rights", check_rights, true},
    {"keys", check_keys, true},
    {"erasures", check_erasures, true},
    {"deliveries", check_deliveries, true},
    {"services", check_clients, true},
    {"audit", check_audit, true},
};

static const char *const severities[] = {"error", "warning", "note"};

void found(struct doctor *d, enum severity severity, struct str text, const char *cure)
{
    json_t *one = json_object();
    json_object_set_new(one, "severity", json_string(severities[severity]));
    json_object_set_new(one, "area", json_string(d->area));
    json_object_set_new(one, "text", json_str(text));
    json_object_set_new(one, "cure", json_string(cure));
    json_array_append_new(d->findings, one);
}

void not_looked(struct doctor *d, struct str why)
{
    d->looked = false;
    found(d, FOUND_NOTE, SAY(d, "not checked: %.*s", STR_FMT(why)), "");
}

static void run_checks(struct doctor *d, json_t *areas)
{
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        size_t before = json_array_size(d->findings);
        d->area = checks[i].area;
        d->looked = i == 0 || (d->config && (d->db || !checks[i].needs_database));
        if (d->looked) {
            checks[i].check(d);
        }
        const char *state = !d->looked                              ? "not checked"
                            : json_array_size(d->findings) > before ? "findings"
                                                                    : "ok";
        json_array_append_new(areas, json_pack("{s:s,s:s}", "area", d->area, "state", state));
    }
}

/* Errors first, each severity in the order of the checks. */
static json_t *sorted(const json_t *findings, bool *healthy)
{
    json_t *list = json_array();
    *healthy = true;
    for (int severity = FOUND_ERROR; severity <= FOUND_NOTE; severity++) {
        for (size_t i = 0; i < json_array_size(findings); i++) {
            json_t *one = json_array_get(findings, i);
            if (str_eqz(json_member(one, "severity"), severities[severity])) {
                json_array_append(list, one);
                *healthy = *healthy && severity == FOUND_NOTE;
            }
        }
    }
    return list;
}

enum err doctor_run(struct arena *a, const char *config_path, const char *version,
                    doctor_ask_fn *ask, void *arg, json_t **out)
{
    struct doctor d = {.arena = a, .config_path = config_path, .version = version};
    json_t *status = NULL;
    json_t *areas = json_array();
    bool healthy;
    d.findings = json_own(a, json_array());
    d.status = ask(arg, a, &status) == OK ? status : NULL;
    run_checks(&d, areas);
    json_t *answer = json_own(a, json_object());
    json_t *list = sorted(d.findings, &healthy);
    json_object_set_new(answer, "healthy", json_boolean(healthy));
    json_object_set_new(answer, "findings", list);
    json_object_set_new(answer, "areas", areas);
    PQfinish(d.db);
    config_free(d.config);
    *out = answer;
    return OK;
}
