/* A session begins: what a verifier proved becomes a row and a cookie.  Must not decide who
 * somebody is. */
#include "base/ct.h"
#include "log/log.h"
#include "sso/device.h"
#include "sso/sso.h"

/* Who was logged in here before, if it was somebody else, is not any more. */
static enum err end_other(struct req *r, const struct sso *old, const struct uuid *subject)
{
    if (old == NULL || ct_equal(old->row.subject.b, subject->b, UUID_SIZE)) {
        return OK;
    }
    struct audit entry = sso_audit(r, AUDIT_LOGOUT);
    entry.bucket = old->row.bucket;
    entry.subject = old->row.subject;
    entry.actor = old->row.actor;
    entry.session = old->row.id;
    entry.detail = STR("{\"reason\":\"another_person\"}");
    return store_session_end(r->task, app_of(r)->db, old->row.bucket, &old->row.id,
                             STR("another_person"), &entry);
}

enum err sso_begin(struct req *r, const struct sso_beginning *b)
{
    const struct verifier_answer *proved = b->proved;
    struct handle h;
    handle_make(b->secret, bucket_of(&proved->subject), &h);
    struct session_row row = {
        .bucket = h.bucket,
        .id = proved->session,
        .hash = h.hash,
        .subject = proved->subject,
        .actor = proved->subject,
        .proof = proved->proof,
        .account_level = proved->account_level,
        .authentication_level = proved->authentication_level,
        .amr = proved->amr,
        .auth_time = proved->auth_time,
        .expires_at = b->expires_at,
        .generation = proved->generation,
        .device = device_of(r->arena, req_header(r, "user-agent")),
    };
    struct audit entry = sso_audit(r, AUDIT_LOGIN);
    entry.bucket = row.bucket;
    entry.subject = row.subject;
    entry.actor = row.actor;
    entry.session = row.id;
    entry.client_id = b->client_id;
    entry.ground = b->ground;
    TRY(end_other(r, b->old, &proved->subject));
    TRY(store_session_create(r->task, app_of(r)->db, &row,
                             b->login == NULL ? NULL : &b->login->bucket,
                             b->login == NULL ? NULL : &b->login->id, &entry));
    log_event(LOG_INFO, LOGIN_OK, LOG_STR("client", b->client_id),
              LOG_INT("account_level", proved->account_level));
    sso_set_cookie(r, &h);
    return OK;
}
