/* Login proofs: coding, MAC, and the rule that a successor grants nothing more; see proof.h. */
#include "signer/proof.h"

#include <string.h>

#include "base/ct.h"
#include "signer/confirmation.h"
#include "signer/proof_fields.h"

#define PROOF_VERSION 1

bool uuid_is_none(const struct uuid *u)
{
    static const struct uuid none;
    return memcmp(u, &none, sizeof none) == 0;
}

void proof_put(struct buf *b, const struct proof *p)
{
    wire_put_u8(b, (uint8_t)p->kind);
    wire_put_fixed(b, p->bearer.b, sizeof p->bearer.b);
    wire_put_fixed(b, p->subject.b, UUID_SIZE);
    wire_put_fixed(b, p->actor.b, UUID_SIZE);
    wire_put_fixed(b, p->mandate.b, UUID_SIZE);
    wire_put_i64(b, p->mandate_expires_at);
    wire_put_fixed(b, p->session.b, UUID_SIZE);
    wire_put_u8(b, p->account_level);
    wire_put_u8(b, p->authentication_level);
    wire_put_u32(b, p->amr);
    wire_put_i64(b, p->auth_time);
    wire_put_i64(b, p->expires_at);
    wire_put_i64(b, p->grant_ends_at);
    wire_put_fixed(b, p->grant.b, UUID_SIZE);
    wire_put_str(b, p->client_id);
    wire_put_str(b, p->sector);
    wire_put_str(b, p->scope);
    wire_put_str(b, p->claims);
    wire_put_str(b, p->nonce);
    wire_put_str(b, p->cnf);
    wire_put_str(b, p->resource);
}

void proof_get(struct wire *w, struct proof *out)
{
    uint8_t kind = wire_u8(w);
    if (kind < PROOF_SESSION || kind > PROOF_ENROLMENT) {
        w->broken = true;
        kind = PROOF_SESSION;
    }
    out->kind = (enum proof_kind)kind;
    wire_fixed(w, out->bearer.b, sizeof out->bearer.b);
    wire_fixed(w, out->subject.b, UUID_SIZE);
    wire_fixed(w, out->actor.b, UUID_SIZE);
    wire_fixed(w, out->mandate.b, UUID_SIZE);
    out->mandate_expires_at = wire_i64(w);
    wire_fixed(w, out->session.b, UUID_SIZE);
    out->account_level = wire_u8(w);
    out->authentication_level = wire_u8(w);
    out->amr = wire_u32(w);
    out->auth_time = wire_i64(w);
    out->expires_at = wire_i64(w);
    out->grant_ends_at = wire_i64(w);
    wire_fixed(w, out->grant.b, UUID_SIZE);
    out->client_id = wire_str(w);
    out->sector = wire_str(w);
    out->scope = wire_str(w);
    out->claims = wire_str(w);
    out->nonce = wire_str(w);
    out->cnf = wire_str(w);
    out->resource = wire_str(w);
}

struct str proof_seal(struct arena *a, const struct proof_key *key, const struct proof *p)
{
    struct buf b = buf_in(a);
    wire_put_u8(&b, PROOF_VERSION);
    wire_put_str(&b, str_from(key->kid));
    proof_put(&b, p);
    struct sha256 mac = hmac_sha256(key->key, sizeof key->key, buf_str(&b));
    wire_put_fixed(&b, mac.b, sizeof mac.b);
    return buf_str(&b);
}

static const struct proof_key *key_of(const struct proof_key *keys, size_t n, struct str kid)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eqz(kid, keys[i].kid)) {
            return &keys[i];
        }
    }
    return NULL;
}

enum err proof_open(struct arena *a, const struct proof_key *keys, size_t n_keys, struct str sealed,
                    int64_t now, struct proof *out)
{
    (void)a;
    if (sealed.n < SHA256_SIZE) {
        return fail(ERR_INPUT, "proof: too short");
    }
    struct str body = str_of(sealed.p, sealed.n - SHA256_SIZE);
    struct wire w = wire_read(body);
    uint8_t version = wire_u8(&w);
    struct str kid = wire_str(&w);
    if (w.broken || version != PROOF_VERSION) {
        return fail(ERR_INPUT, "proof: not of a version we know");
    }
    const struct proof_key *key = key_of(keys, n_keys, kid);
    if (key == NULL) {
        return fail(ERR_DENIED, "proof: unknown key");
    }
    struct sha256 mac = hmac_sha256(key->key, sizeof key->key, body);
    if (!ct_equal(mac.b, body.p + body.n, sizeof mac.b)) {
        return fail(ERR_DENIED, "proof: wrong MAC");
    }
    struct proof p;
    proof_get(&w, &p);
    TRY(wire_done(&w));
    if (p.expires_at <= now) {
        return fail(ERR_EXPIRED, "proof: expired");
    }
    if (!uuid_is_none(&p.mandate) && p.mandate_expires_at <= now) {
        return fail(ERR_EXPIRED, "proof: the mandate expired");
    }
    *out = p;
    return OK;
}

bool proof_goes_with(const struct proof *p, struct str secret)
{
    if (!str_is(secret)) {
        return false;
    }
    struct sha256 h = sha256(secret);
    return ct_equal(h.b, p->bearer.b, sizeof h.b);
}

/* The latest end of what may be issued from a proof of this kind. */
static int64_t end_for_child(const struct proof *parent, enum proof_kind child)
{
    if (child == PROOF_CODE || parent->grant_ends_at == 0) {
        return parent->expires_at;
    }
    return parent->grant_ends_at;
}

static bool words_within(struct str words, struct str allowed)
{
    struct str word;
    while (str_word(&words, &word)) {
        if (!str_words_have(allowed, word)) {
            return false;
        }
    }
    return true;
}

static bool same_person(const struct proof *a, const struct proof *b)
{
    return memcmp(&a->subject, &b->subject, UUID_SIZE) == 0 &&
           memcmp(&a->actor, &b->actor, UUID_SIZE) == 0 &&
           memcmp(&a->mandate, &b->mandate, UUID_SIZE) == 0 &&
           a->mandate_expires_at == b->mandate_expires_at &&
           memcmp(&a->session, &b->session, UUID_SIZE) == 0 &&
           a->account_level == b->account_level &&
           a->authentication_level == b->authentication_level && a->amr == b->amr &&
           a->auth_time == b->auth_time;
}

/* session -> code, grant;  code -> refresh;  refresh -> refresh. */
static bool is_successor(enum proof_kind parent, enum proof_kind child)
{
    switch (parent) {
    case PROOF_SESSION:
        return child == PROOF_CODE || child == PROOF_GRANT;
    case PROOF_CODE:
    case PROOF_REFRESH:
        return child == PROOF_REFRESH;
    case PROOF_ENROLMENT:
    case PROOF_GRANT:
        return false;
    }
    return false;
}

bool proof_narrows(const struct proof *parent, const struct proof *child)
{
    if (!is_successor(parent->kind, child->kind) || !same_person(parent, child)) {
        return false;
    }
    if (child->expires_at > end_for_child(parent, child->kind)) {
        return false;
    }
    int64_t parent_end = parent->grant_ends_at != 0 ? parent->grant_ends_at : parent->expires_at;
    if (child->grant_ends_at > parent_end ||
        (child->grant_ends_at == 0 && child->expires_at > parent_end)) {
        return false;
    }
    if (parent->kind == PROOF_SESSION) {
        return true;
    }
    return memcmp(&parent->grant, &child->grant, UUID_SIZE) == 0 &&
           str_eq(parent->client_id, child->client_id) && str_eq(parent->sector, child->sector) &&
           words_within(child->scope, parent->scope) &&
           words_within(child->resource, parent->resource) &&
           str_eq(parent->claims, child->claims) && str_eq(parent->nonce, child->nonce) &&
           confirmation_narrows(parent->cnf, child->cnf);
}
