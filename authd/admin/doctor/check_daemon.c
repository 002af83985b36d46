/* The running daemon, as it told by `status`: processes, sandbox, version. */
#include <string.h>

#include "doctor/inside.h"

static bool is_ours(struct str area)
{
    return str_eq(area, STR("processes")) || str_eq(area, STR("keys"));
}

void check_daemon(struct doctor *d)
{
    if (!d->status) {
        found(d, FOUND_ERROR, STR("authd does not run here, or not with this configuration"),
              "systemctl status authd; journalctl -u authd");
        return;
    }
    struct str version = json_member(d->status, "version");
    if (str_is(version) && !str_eqz(version, d->version)) {
        found(d, FOUND_WARNING,
              SAY(d, "authd %.*s runs, but %s is installed", STR_FMT(version), d->version),
              "systemctl restart authd");
    }
    struct str issuer = json_member(d->status, "issuer");
    if (!str_eqz(issuer, d->config->issuer)) {
        found(d, FOUND_ERROR, STR("the running authd has another issuer than the configuration"),
              "restart authd, if the file is right; a changed issuer breaks every service");
    }
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(d->status, "warnings"), i, one)
    {
        if (is_ours(json_member(one, "area"))) {
            bool error = str_eq(json_member(one, "severity"), STR("error"));
            found(d, error ? FOUND_ERROR : FOUND_WARNING, json_member(one, "text"),
                  str_z(d->arena, json_member(one, "cure")));
        }
    }
}
