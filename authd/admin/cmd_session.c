/* session list, session end: where a person is logged in, and the end of it.  Portals are told
 * through the outbox, in the same statement. */
#include "admin/commands.h"

#include <string.h>

#include "signer/handle.h"
#include "store/session.h"

static json_t *methods(uint32_t amr)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{AMR_PWD, "pwd"}, {AMR_OTP, "otp"}, {AMR_HWK, "hwk"},
                 {AMR_BIO, "bio"}, {AMR_SC, "sc"},   {AMR_MFA, "mfa"}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (amr & names[i].bit) {
            json_array_append_new(list, json_string(names[i].name));
        }
    }
    return list;
}

enum err cmd_session_list(struct call *c, json_t **result)
{
    struct uuid id;
    struct session_row *rows;
    size_t n;
    TRY(call_identity(c, &id));
    TRY(store_session_list(c->task, c->admin->db, bucket_of(&id), &id, &rows, &n));
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *entry = json_object();
        json_object_set_new(entry, "session", answer_uuid(c->task->arena, &rows[i].id));
        json_object_set_new(entry, "login", answer_time(rows[i].auth_time));
        json_object_set_new(entry, "last_seen", answer_time(rows[i].last_seen_at));
        json_object_set_new(entry, "expires", answer_time(rows[i].expires_at));
        json_object_set_new(entry, "ended", answer_time(rows[i].ended_at));
        json_object_set_new(entry, "level", json_integer(rows[i].authentication_level));
        json_object_set_new(entry, "methods", methods(rows[i].amr));
        json_array_append_new(list, entry);
    }
    *result = answer_rows(c->task->arena, list);
    return OK;
}

/* Of this person only: a session's id from somewhere else must not end a stranger's. */
static enum err end_one(struct call *c, const struct uuid *person, struct str text,
                        struct str reason, struct audit *audit)
{
    struct uuid session;
    struct session_row *rows;
    size_t n;
    TRY(uuid_read(text, &session));
    TRY(store_session_list(c->task, c->admin->db, bucket_of(person), person, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        if (!memcmp(rows[i].id.b, session.b, UUID_SIZE)) {
            audit->session = session;
            return store_session_end(c->task, c->admin->db, bucket_of(person), &session, reason,
                                     audit);
        }
    }
    return fail(ERR_NOT_FOUND, "session end: this person has no such session");
}

enum err cmd_session_end(struct call *c, json_t **result)
{
    struct uuid id;
    TRY(call_identity(c, &id));
    struct str reason = call_text(c, "reason");
    if (!str_is(reason)) {
        reason = STR("ended by the administrator");
    }
    struct audit audit = call_audit(c, AUDIT_LOGOUT, &id);
    audit.ground = reason;
    struct str one = call_text(c, "session");
    TRY(str_is(one)
            ? end_one(c, &id, one, reason, &audit)
            : store_session_end_all(c->task, c->admin->db, bucket_of(&id), &id, reason, &audit));
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "id", answer_uuid(c->task->arena, &id));
    json_object_set_new(answer, "sessions", json_string(str_is(one) ? "one ended" : "all ended"));
    *result = answer;
    return OK;
}
