/* One fetch of the keys that a client publishes at its jwks_uri.  What is no set with a key in it
 * changes nothing: the keys at hand stay until there are others, so that a portal whose address is
 * away can still authenticate.  What is fetched is stored as it stands; who uses it reads it again.
 *
 * spec: RFC 7591 §2 jwks_uri; RFC 7517 §5; OpenID Connect Core 1.0 §10.1.1 rotation of keys */
#include "courier/courier.h"

#include "base/rand.h"
#include "courier/freshness.h"
#include "jose/jwks.h"
#include "log/log.h"

#define KEYS_MAX ((size_t)64 * 1024)
#define KEYS_TIMEOUT_MS 5000L
#define KEYS_TYPES "application/jwk-set+json, application/json"

static enum err keys_get(struct task *t, struct courier *c, struct str uri,
                         struct transfer_answer *out, size_t *n)
{
    struct transfer_request request = {
        .accept = KEYS_TYPES, .answer_max = KEYS_MAX, .timeout_ms = KEYS_TIMEOUT_MS};
    struct jwks *set = NULL;
    TRY(courier_reach(t, c, uri, &request, out));
    if (out->status != 200) {
        return fail(ERR_UNAVAILABLE, "answered %ld; redirects are not followed", out->status);
    }
    TRY(jwks_read(out->body, ALG_PS256, &set));
    *n = jwks_count(set);
    jwks_free(set);
    return *n ? OK : fail(ERR_INPUT, "the set holds no key that we can use");
}

static enum err keep(struct task *t, struct courier *c, const struct client_keys_due *due,
                     const struct transfer_answer *answer, size_t n)
{
    int64_t fresh_s = freshness_s(answer->cache_control);
    bool same = due->jwks.p && str_eq(due->jwks, answer->body);
    struct audit entry = audit_of(t, AUDIT_CLIENT_KEYS);
    entry.client_id = due->client_id;
    entry.detail = str_fmt(t->arena, "{\"keys\":%zu}", n);
    log_event(LOG_INFO, CLIENT_KEYS, LOG_STR("client", due->client_id), LOG_INT("keys", n),
              LOG_Z("state", same ? "unchanged" : "changed"), LOG_INT("again_in_s", fresh_s));
    return store_client_keys_settle(t, c->db, due, answer->body, STR_NONE, fresh_s,
                                    same ? NULL : &entry);
}

enum err courier_fetch_keys(struct task *t, struct courier *c, const struct client_keys_due *due)
{
    struct transfer_answer answer = {0};
    size_t n = 0;
    enum err e = keys_get(t, c, due->uri, &answer, &n);
    if (e == OK) {
        return keep(t, c, due, &answer, n);
    }
    struct str why = str_dup(t->arena, str_from(err_reason()));
    int64_t again_s = freshness_retry_s(due->failures + 1);
    again_s += rand_below((uint32_t)again_s / 4 + 1);
    log_event(LOG_WARN, CLIENT_KEYS, LOG_STR("client", due->client_id), LOG_STR("reason", why),
              LOG_Z("state", due->jwks.p ? "the keys at hand stay" : "there are none"),
              LOG_INT("again_in_s", again_s));
    return store_client_keys_settle(t, c->db, due, STR_NONE, why, again_s, NULL);
}
