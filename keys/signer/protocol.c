/* The wire form of every signer message: the lists of fields below are the whole definition.
 * Messages with arrays are written out at the end. */
#include "signer/protocol.h"

#include "signer/fields.h"
#include "signer/proof_fields.h"

/* More would not fit into a message; keeps a hostile count from allocating. */
#define ROWS_MAX 1024
#define DOCUMENTS_MAX 16

FIELD_KIND(proof, struct proof, proof_put(b, v), proof_get(w, v))

static void field_put_document(struct buf *b, const struct sealed_document *d)
{
    wire_put_fixed(b, d->identity.b, UUID_SIZE);
    wire_put_str(b, d->kind);
    wire_put_u32(b, d->version);
    wire_put_str(b, d->sealed);
    wire_put_str(b, d->wrapped_key);
    wire_put_u32(b, d->bucket);
    wire_put_u32(b, d->bucket_key_version);
    wire_put_str(b, d->wrapped_bucket_key);
}

static void field_get_document(struct wire *w, struct sealed_document *d)
{
    wire_fixed(w, d->identity.b, UUID_SIZE);
    d->kind = wire_str(w);
    d->version = wire_u32(w);
    d->sealed = wire_str(w);
    d->wrapped_key = wire_str(w);
    field_get_u16(w, &d->bucket);
    d->bucket_key_version = wire_u32(w);
    d->wrapped_bucket_key = wire_str(w);
}

static void put_documents(struct buf *b, const struct sealed_document *v, uint32_t n)
{
    wire_put_u32(b, n);
    for (uint32_t i = 0; i < n; i++) {
        field_put_document(b, &v[i]);
    }
}

static struct sealed_document *get_documents(struct arena *a, struct wire *w, uint32_t *n)
{
    *n = wire_u32(w);
    w->broken |= *n > DOCUMENTS_MAX;
    if (w->broken) {
        *n = 0;
    }
    struct sealed_document *v = arena_array(a, *n, sizeof *v);
    for (uint32_t i = 0; i < *n; i++) {
        field_get_document(w, &v[i]);
    }
    return v;
}

#define FIELDS_signer_hello(F)                                                                     \
    F(str, issuer)                                                                                 \
    F(str, master_key)                                                                             \
    F(str, master_key_previous)                                                                    \
    F(u32, access_token_lifetime_s)                                                                \
    F(u32, id_token_lifetime_s) F(u32, jwks_max_age_s) F(u8, sandbox)
MESSAGE(signer_hello)

#define FIELDS_signer_generate_key(F) F(str, use) F(str, alg)
MESSAGE(signer_generate_key)
#define FIELDS_signer_generated_key(F) F(str, kid) F(str, public_jwk) F(str, sealed)
MESSAGE(signer_generated_key)

#define FIELDS_signer_rewrap(F) F(str, kind) F(str, context) F(str, wrapped)
MESSAGE(signer_rewrap)
#define FIELDS_signer_rewrapped(F) F(str, wrapped)
MESSAGE(signer_rewrapped)

#define FIELDS_signer_key_set(F)                                                                   \
    F(u64, generation)                                                                             \
    F(str, jwks)                                                                                   \
    F(str, signed_jwks)                                                                            \
    F(str, root_jwk)                                                                               \
    F(str, next_root_jwk)                                                                          \
    F(str, audit_public) F(str, handle_key) F(str, revoked_kids) F(str, retired_jwks)
MESSAGE(signer_key_set)

#define FIELDS_signer_seal(F) F(document, document) F(str, plaintext)
MESSAGE(signer_seal)
#define FIELDS_signer_sealed(F) F(str, sealed) F(str, wrapped_key) F(str, wrapped_bucket_key)
MESSAGE(signer_sealed)

#define FIELDS_signer_issue_code(F)                                                                \
    F(str, session_proof) F(str, session_secret) F(proof, code) F(u8, want_sub)
MESSAGE(signer_issue_code)
#define FIELDS_signer_issued_code(F) F(str, code_proof) F(str, grant_proof) F(str, sid) F(str, sub)
MESSAGE(signer_issued_code)

#define FIELDS_signer_issued_tokens(F)                                                             \
    F(str, access_token) F(str, id_token) F(str, refresh_proof) F(str, scope) F(i64, expires_at)
MESSAGE(signer_issued_tokens)

#define FIELDS_signer_client_token(F)                                                              \
    F(str, client_id) F(str, scope) F(str, audience) F(str, cnf) F(u32, lifetime_s)
MESSAGE(signer_client_token)
#define FIELDS_signer_client_tokened(F) F(str, access_token) F(i64, expires_at)
MESSAGE(signer_client_tokened)

#define FIELDS_signer_userinfoed(F) F(str, claims)
MESSAGE(signer_userinfoed)

#define FIELDS_signer_logout_token(F)                                                              \
    F(uuid, subject) F(uuid, session) F(str, client_id) F(str, sector) F(str, alg) F(str, jti)
MESSAGE(signer_logout_token)
#define FIELDS_signer_logout_tokened(F) F(str, token)
MESSAGE(signer_logout_tokened)

#define FIELDS_signer_identity_open(F) F(str, operator_name) F(str, reason) F(document, document)
MESSAGE(signer_identity_open)
#define FIELDS_signer_identity_opened(F) F(str, attributes)
MESSAGE(signer_identity_opened)

#define FIELDS_signer_lookup_digests(F) F(str, kind) F(str, value)
MESSAGE(signer_lookup_digests)
#define FIELDS_signer_looked_up(F) F(str, digests)
MESSAGE(signer_looked_up)

#define FIELDS_signer_import_digests(F)                                                            \
    F(str, operator_name) F(str, reason) F(str, kind) F(str, value)
MESSAGE(signer_import_digests)

#define FIELDS_signer_import_compare(F)                                                            \
    F(str, operator_name) F(str, reason) F(document, document) F(str, plaintext)
MESSAGE(signer_import_compare)
#define FIELDS_signer_import_compared(F) F(u8, same)
MESSAGE(signer_import_compared)

#define FIELDS_signer_address_open(F) F(str, operator_name) F(str, reason) F(str, sealed)
MESSAGE(signer_address_open)
#define FIELDS_signer_address_opened(F) F(str, address)
MESSAGE(signer_address_opened)

#define FIELDS_signer_person(F) F(str, session_proof) F(str, session_secret) F(document, document)
MESSAGE(signer_person)
#define FIELDS_signer_personed(F) F(str, name) F(str, number_end)
MESSAGE(signer_personed)

#define FIELDS_signer_sandbox_forge(F) F(str, token) F(str, fault) F(u32, amount)
MESSAGE(signer_sandbox_forge)
#define FIELDS_signer_sandbox_forged(F) F(str, token)
MESSAGE(signer_sandbox_forged)

#define FIELDS_signer_password_words(F) F(document, document)
MESSAGE(signer_password_words)
#define FIELDS_signer_password_worded(F) F(str, sealed)
MESSAGE(signer_password_worded)

void put_signer_load_keys(struct buf *b, const struct signer_load_keys *m)
{
    wire_put_u64(b, m->generation);
    wire_put_i64(b, m->clock_lead_ms);
    wire_put_u32(b, m->n_rows);
    for (uint32_t i = 0; i < m->n_rows; i++) {
        const struct key_row *r = &m->rows[i];
        wire_put_str(b, r->kid);
        wire_put_str(b, r->use);
        wire_put_str(b, r->alg);
        wire_put_str(b, r->state);
        wire_put_str(b, r->public_jwk);
        wire_put_str(b, r->sealed);
        wire_put_i64(b, r->activate_at);
        wire_put_i64(b, r->created_at);
        wire_put_u32(b, r->version);
    }
}

enum err get_signer_load_keys(struct arena *a, struct str bytes, struct signer_load_keys *out)
{
    struct wire w = wire_read(bytes);
    struct signer_load_keys m = {0};
    m.generation = wire_u64(&w);
    m.clock_lead_ms = wire_i64(&w);
    m.n_rows = wire_u32(&w);
    if (w.broken || m.n_rows > ROWS_MAX) {
        return fail(ERR_INPUT, "load keys: %u rows", (unsigned)m.n_rows);
    }
    m.rows = arena_array(a, m.n_rows, sizeof *m.rows);
    for (uint32_t i = 0; i < m.n_rows; i++) {
        struct key_row *r = &m.rows[i];
        r->kid = wire_str(&w);
        r->use = wire_str(&w);
        r->alg = wire_str(&w);
        r->state = wire_str(&w);
        r->public_jwk = wire_str(&w);
        r->sealed = wire_str(&w);
        r->activate_at = wire_i64(&w);
        r->created_at = wire_i64(&w);
        r->version = wire_u32(&w);
    }
    TRY(wire_done(&w));
    *out = m;
    return OK;
}

void put_signer_issue_tokens(struct buf *b, const struct signer_issue_tokens *m)
{
    wire_put_str(b, m->proof);
    wire_put_str(b, m->secret);
    wire_put_str(b, m->scope);
    wire_put_str(b, m->resource);
    wire_put_str(b, m->cnf);
    wire_put_u8(b, m->want_id_token);
    wire_put_str(b, m->id_token_alg);
    wire_put_u32(b, m->access_token_lifetime_s);
    wire_put_fixed(b, m->refresh_bearer.b, SHA256_SIZE);
    wire_put_i64(b, m->refresh_expires_at);
    wire_put_u8(b, m->account_level_floor);
    wire_put_u8(b, m->authentication_level_floor);
    put_documents(b, m->documents, m->n_documents);
}

enum err get_signer_issue_tokens(struct arena *a, struct str bytes, struct signer_issue_tokens *out)
{
    struct wire w = wire_read(bytes);
    struct signer_issue_tokens m = {0};
    m.proof = wire_str(&w);
    m.secret = wire_str(&w);
    m.scope = wire_str(&w);
    m.resource = wire_str(&w);
    m.cnf = wire_str(&w);
    m.want_id_token = wire_u8(&w);
    m.id_token_alg = wire_str(&w);
    m.access_token_lifetime_s = wire_u32(&w);
    wire_fixed(&w, m.refresh_bearer.b, SHA256_SIZE);
    m.refresh_expires_at = wire_i64(&w);
    m.account_level_floor = wire_u8(&w);
    m.authentication_level_floor = wire_u8(&w);
    m.documents = get_documents(a, &w, &m.n_documents);
    TRY(wire_done(&w));
    *out = m;
    return OK;
}

void put_signer_userinfo(struct buf *b, const struct signer_userinfo *m)
{
    wire_put_str(b, m->access_token);
    wire_put_str(b, m->grant_proof);
    put_documents(b, m->documents, m->n_documents);
}

enum err get_signer_userinfo(struct arena *a, struct str bytes, struct signer_userinfo *out)
{
    struct wire w = wire_read(bytes);
    struct signer_userinfo m = {0};
    m.access_token = wire_str(&w);
    m.grant_proof = wire_str(&w);
    m.documents = get_documents(a, &w, &m.n_documents);
    TRY(wire_done(&w));
    *out = m;
    return OK;
}
