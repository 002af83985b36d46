/* Names of events, and the columns of an entry in the order of :audit (sql.cmake). */
#include "store/audit.h"

#include <string.h>

#include "signer/handle.h"
#include "store/audit_args.h"
#include "store/write.h"

static const char *const EVENTS[AUDIT_EVENT_COUNT] = {
#define X(name, event, type) [name] = event,
    AUDIT_EVENTS(X)
#undef X
};

bool audit_event_exists(struct str name)
{
    for (size_t i = 0; i < AUDIT_EVENT_COUNT; i++) {
        if (str_eqz(name, EVENTS[i])) {
            return true;
        }
    }
    return false;
}

struct audit audit_of(struct task *t, enum audit_event e)
{
    struct uuid request;
    memcpy(request.b, t->request_uuid, sizeof request.b);
    return (struct audit){.event = e, .bucket = bucket_of(&request)};
}

void audit_args(struct args *s, const struct audit *a, const struct uuid *id,
                const struct uuid *request_id)
{
    static const struct audit nothing;
    const struct audit *e = a == NULL ? &nothing : a;
    args_bucket(s, e->bucket);
    args_uuid(s, id);
    args_z(s, a == NULL ? NULL : EVENTS[e->event]);
    args_z(s, e->refused ? "refused" : "ok");
    args_uuid(s, &e->subject);
    args_uuid(s, &e->actor);
    args_uuid(s, &e->mandate);
    args_text(s, e->client_id);
    args_uuid(s, &e->session);
    args_uuid(s, &e->grant);
    args_text(s, e->operator_name);
    args_text(s, e->ground);
    args_text(s, e->detail);
    args_bytes(s, e->address_sealed);
    args_uuid(s, request_id);
}

enum err store_audit_write(struct task *t, struct pg *db, const struct audit *entry)
{
    struct write w = write_begin(t, db, SQL_AUDIT_WRITE);
    bool applied;
    write_row(&w, entry);
    return write_commit(&w, &applied);
}
