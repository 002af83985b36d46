/* What piles up or was let through: deliveries, weak registrations, audit partitions. */
#include <stdlib.h>
#include <string.h>

#include "doctor/inside.h"
#include "registration/client.h"

void check_deliveries(struct doctor *d)
{
    PGresult *r = ask_database(
        d,
        "SELECT recipient, count(*), (extract(epoch FROM now() - min(created_at)) / 60)::int, "
        "max(attempts), (array_agg(coalesce(last_error, 'no answer') ORDER BY attempts DESC))[1] "
        "FROM outbox WHERE delivered_at IS NULL AND failed_at IS NULL AND (attempts >= 3 OR "
        "created_at < now() - interval '15 minutes') GROUP BY recipient ORDER BY 2 DESC LIMIT 10");
    for (int i = 0; r && i < PQntuples(r); i++) {
        found(d, FOUND_WARNING,
              SAY(d, "%s deliveries to %s wait, the oldest since %s min after %s tries: %s",
                  PQgetvalue(r, i, 1), PQgetvalue(r, i, 0), PQgetvalue(r, i, 2),
                  PQgetvalue(r, i, 3), PQgetvalue(r, i, 4)),
              "tell the service; authctl client show names its backchannel_logout_uri");
    }
    PQclear(r);
    r = ask_database(d, "SELECT recipient, count(*), max(last_error) FROM outbox WHERE failed_at > "
                        "now() - interval '1 day' GROUP BY recipient ORDER BY 2 DESC LIMIT 10");
    for (int i = 0; r && i < PQntuples(r); i++) {
        found(d, FOUND_WARNING,
              SAY(d, "%s deliveries to %s were given up in the last day: %s", PQgetvalue(r, i, 1),
                  PQgetvalue(r, i, 0), PQgetvalue(r, i, 2)),
              "its people may still be logged in there: tell the service");
    }
    PQclear(r);
}

static void check_client(struct doctor *d, const char *id, const char *metadata)
{
    json_t *parsed;
    struct client client;
    struct words weak;
    if (json_read_in(d->arena, str_from(metadata), &parsed) != OK ||
        client_parse(d->arena, str_dup(d->arena, str_from(id)), parsed, &client) != OK) {
        found(d, FOUND_ERROR, SAY(d, "the registration of %s can't be read: %s", id, err_reason()),
              "authctl client update it");
        return;
    }
    client_weaknesses(d->arena, &client, &weak);
    struct str names = STR_NONE;
    for (size_t i = 0; i < weak.n; i++) {
        names = SAY(d, "%.*s%s%.*s", STR_FMT(names), i ? ", " : "", STR_FMT(weak.v[i]));
    }
    if (weak.n) {
        found(d, FOUND_NOTE, SAY(d, "%s is registered with %.*s", id, STR_FMT(names)),
              "government services use private_key_jwt and pushed requests: docs/clients.md");
    }
}

void check_clients(struct doctor *d)
{
    PGresult *r =
        ask_database(d, "SELECT id, metadata::text FROM client WHERE state = 'active' ORDER BY id");
    for (int i = 0; r && i < PQntuples(r); i++) {
        check_client(d, PQgetvalue(r, i, 0), PQgetvalue(r, i, 1));
    }
    PQclear(r);
}

void check_audit(struct doctor *d)
{
    PGresult *r = ask_database(
        d, "SELECT to_regclass('authd.audit_' || to_char((now() AT TIME ZONE 'UTC') + interval '1 "
           "month', 'YYYY_MM')) IS NULL, pg_relation_size('authd.audit_rest') > 0");
    if (r && !strcmp(PQgetvalue(r, 0, 0), "t")) {
        found(d, FOUND_WARNING, STR("there is no audit partition for the next month"),
              "start authd: its clerk makes partitions ahead; see its lines in the log");
    }
    if (r && !strcmp(PQgetvalue(r, 0, 1), "t")) {
        found(d, FOUND_WARNING, STR("audit entries lie outside every month's partition"),
              "no clerk was running, or a clock was far off; nothing is lost, but months that "
              "pass stay in audit_rest");
    }
    PQclear(r);
}
