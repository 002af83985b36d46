/* One delivery: a logout token for one portal.  The signer makes it, and nothing else for this
 * process; the portal's URL comes from its registration and is guarded.
 *
 * spec: OpenID Connect Back-Channel Logout 1.0 §2.5 the OP MUST use POST with logout_token as a
 * form parameter; §2.4:signed the token is signed with the algorithm of the client's ID tokens */
#include "courier/courier.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "courier/patience.h"
#include "log/log.h"
#include "peer/signer_client.h"
#include "registration/client.h"
#include "signer/handle.h"

#define POST_TIMEOUT_MS 10000L
#define ANSWER_MAX ((size_t)64 * 1024) /* we read nothing in it */

static enum err recipient(struct task *t, const struct outbox_row *row, struct client *out)
{
    json_t *metadata;
    if (!str_is(row->metadata)) {
        return fail(ERR_NOT_FOUND, "courier: the client is gone");
    }
    TRY(json_read_in(t->arena, row->metadata, &metadata));
    TRY(client_parse(t->arena, row->recipient, metadata, out));
    if (!str_is(out->backchannel_logout_uri)) {
        return fail(ERR_NOT_FOUND, "courier: the client has no backchannel_logout_uri any more");
    }
    return OK;
}

static enum err logout_token(struct task *t, struct courier *c, const struct outbox_row *row,
                             const struct client *client, struct str *out)
{
    struct signer_logout_token ask = {
        .subject = row->subject,
        .session = row->session,
        .client_id = row->recipient,
        .sector = row->sector,
        .alg = client->id_token_alg,
        .jti = uuid_text(t->arena, &row->id),
    };
    struct signer_logout_tokened answer;
    TRY(ask_logout_token(t, c->process->signers, &ask, &answer));
    *out = answer.token;
    return OK;
}

static enum err post(struct task *t, struct courier *c, struct str uri, struct str token,
                     struct transfer_answer *out)
{
    struct buf form = buf_in(t->arena);
    buf_form(&form, "logout_token", token);
    struct transfer_request request = {
        .form = buf_str(&form), .answer_max = ANSWER_MAX, .timeout_ms = POST_TIMEOUT_MS};
    return courier_reach(t, c, uri, &request, out);
}

static struct audit audit_entry(struct task *t, enum audit_event event,
                                const struct outbox_row *row, long status)
{
    struct audit entry = audit_of(t, event);
    entry.bucket = row->bucket;
    entry.subject = row->subject;
    entry.actor = row->subject;
    entry.session = row->session;
    entry.client_id = row->recipient;
    entry.detail = str_fmt(t->arena, "{\"attempts\":%u,\"status\":%ld}", row->attempts, status);
    return entry;
}

static enum err give_up(struct task *t, struct courier *c, const struct outbox_row *row,
                        struct str why, long status)
{
    struct audit audit = audit_entry(t, AUDIT_DELIVERY_FAILED, row, status);
    log_event(LOG_ERROR, DELIVERY_FAILED, LOG_STR("client", row->recipient), LOG_STR("reason", why),
              LOG_INT("attempts", row->attempts), LOG_Z("state", "given up"));
    return store_outbox_failed(t, c->db, row, why, -1, &audit);
}

static enum err settle(struct task *t, struct courier *c, const struct outbox_row *row,
                       struct str why, const struct transfer_answer *answer)
{
    int64_t age_s = clock_now_s() - row->created_at;
    switch (patience_judge(answer->status, row->attempts, age_s)) {
    case VERDICT_DELIVERED: {
        struct audit audit = audit_entry(t, AUDIT_DELIVERED, row, answer->status);
        log_event(LOG_INFO, DELIVERY_OK, LOG_STR("client", row->recipient),
                  LOG_INT("attempts", row->attempts));
        return store_outbox_delivered(t, c->db, row, &audit);
    }
    case VERDICT_GIVEN_UP:
        return give_up(t, c, row, why, answer->status);
    case VERDICT_AGAIN:
        break;
    }
    int64_t delay_s = patience_delay_s(row->attempts, answer->retry_after_s);
    delay_s +=
        rand_below((uint32_t)delay_s / 4 + 1); /* portals that broke together don't wake together */
    log_event(LOG_WARN, DELIVERY_FAILED, LOG_STR("client", row->recipient), LOG_STR("reason", why),
              LOG_INT("attempts", row->attempts), LOG_INT("again_in_s", delay_s));
    return store_outbox_failed(t, c->db, row, why, delay_s, NULL);
}

enum err courier_deliver(struct task *t, struct courier *c, const struct outbox_row *row)
{
    struct client client;
    struct str token;
    struct transfer_answer answer = {0};
    if (!str_eqz(row->kind, "backchannel_logout")) {
        return give_up(t, c, row, STR("this version delivers logouts only"), 0);
    }
    enum err e = recipient(t, row, &client);
    if (e == ERR_NOT_FOUND) {
        return give_up(t, c, row, str_dup(t->arena, str_from(err_reason())), 0);
    }
    TRY(e);
    e = logout_token(t, c, row, &client, &token);
    if (e == OK) {
        e = post(t, c, client.backchannel_logout_uri, token, &answer);
    }
    struct str why = e == OK ? str_fmt(t->arena, "answered %ld", answer.status)
                             : str_dup(t->arena, str_from(err_reason()));
    if (e == ERR_DENIED) {
        return give_up(t, c, row, why, 0); /* the guard, or a warrant: waiting does not help */
    }
    return settle(t, c, row, why, &answer);
}
