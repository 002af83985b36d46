/* A signer with freshly made keys, asked as its callers ask it: encoded requests on a channel. */
#ifndef TEST_SIGNER_FIXTURE_H
#define TEST_SIGNER_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "jose/jwt.h"
#include "keystore/seal.h"
#include "signer/handle.h"
#include "signer/signer.h"
#include "signer/verifier_keys.h"

#define ISSUER "https://id.example.gov.vn"
#define ROWS_MAX 24

struct fixture {
    struct arena *a;
    struct signer *s;
    uint8_t master[32];
    struct key_row rows[ROWS_MAX];
    struct signer_load_keys load;
    int64_t ahead_ms; /* of the database's clock */
    struct verifier_keys *verifier;
    uint8_t handle_key[32];
    struct jwks *jwks;
    struct uuid person;
    struct str cookie; /* secret of the session */
};

/* Encodes, serves, decodes. */
#define SERVE(f, from, op, request_type, request, answer_type, answer)                             \
    fixture_serve_##answer_type((f), (from), (op), ({                                              \
                                    struct buf b_ = buf_in((f)->a);                                \
                                    put_##request_type(&b_, (request));                            \
                                    buf_str(&b_);                                                  \
                                }),                                                                \
                                (answer))
#define X(type)                                                                                    \
    __attribute__((unused)) static enum err fixture_serve_##type(                                  \
        struct fixture *f, enum channel from, uint16_t op, struct str request, struct type *out)   \
    {                                                                                              \
        struct str answer;                                                                         \
        TRY(signer_serve(f->a, f->s, from, op, request, &answer));                                 \
        return get_##type(f->a, answer, out);                                                      \
    }
SIGNER_MESSAGES(X)
#undef X

static inline void fixture_hello(struct fixture *f, struct signer *s)
{
    struct signer_hello hello = {.issuer = STR(ISSUER),
                                 .master_key = str_of(f->master, sizeof f->master),
                                 .access_token_lifetime_s = 600,
                                 .id_token_lifetime_s = 300,
                                 .jwks_max_age_s = 3600};
    struct buf b = buf_in(f->a);
    struct str answer;
    put_signer_hello(&b, &hello);
    assert_int_equal(signer_serve(f->a, s, CHANNEL_PARENT, SIGNER_HELLO, buf_str(&b), &answer), OK);
}

static inline struct key_row *fixture_key(struct fixture *f, const char *use, const char *alg,
                                          const char *state)
{
    struct signer_generate_key ask = {str_from(use), str_from(alg)};
    struct signer_generated_key made;
    assert_int_equal(SERVE(f, CHANNEL_CLERK, SIGNER_GENERATE_KEY, signer_generate_key, &ask,
                           signer_generated_key, &made),
                     OK);
    struct key_row *row = &f->rows[f->load.n_rows++];
    *row = (struct key_row){.kid = made.kid,
                            .use = str_from(use),
                            .alg = str_from(alg),
                            .state = str_from(state),
                            .public_jwk = made.public_jwk,
                            .sealed = made.sealed,
                            .activate_at = strcmp(state, "active") == 0 ? clock_now_s() - 100 : 0,
                            .created_at = clock_now_s() - 1000,
                            .version = 1};
    return row;
}

static inline enum err fixture_load(struct fixture *f)
{
    struct buf b = buf_in(f->a);
    struct str answer;
    f->load.rows = f->rows;
    f->load.clock_lead_ms = clock_lead_ms() + f->ahead_ms;
    f->load.generation++;
    put_signer_load_keys(&b, &f->load);
    return signer_serve(f->a, f->s, CHANNEL_CLERK, SIGNER_LOAD_KEYS, buf_str(&b), &answer);
}

static inline struct signer_key_set fixture_key_set(struct fixture *f, enum channel from)
{
    struct signer_key_set set;
    struct str answer;
    assert_int_equal(signer_serve(f->a, f->s, from, SIGNER_KEY_SET, STR(""), &answer), OK);
    assert_int_equal(get_signer_key_set(f->a, answer, &set), OK);
    return set;
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof *f);
    f->a = arena_new(0);
    rand_bytes(f->master, sizeof f->master);
    assert_int_equal(signer_new(&f->s), OK);
    fixture_hello(f, f->s);
    fixture_key(f, "sign", "ES256", "active");
    fixture_key(f, "sign", "ES256", "next");
    fixture_key(f, "sign", "EdDSA", "active");
    fixture_key(f, "root", "ES256", "active");
    fixture_key(f, "subject", "", "active");
    fixture_key(f, "proof", "", "active");
    fixture_key(f, "pepper", "", "active");
    fixture_key(f, "lookup", "", "active");
    fixture_key(f, "handle", "", "active");
    fixture_key(f, "audit", "", "active");
    assert_int_equal(fixture_load(f), OK);

    struct verifier_key_row rows[ROWS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < f->load.n_rows; i++) {
        struct key_row *r = &f->rows[i];
        if (wrap_for_use(r->use) == WRAP_FOR_VERIFIERS) {
            rows[n++] = (struct verifier_key_row){r->kid, r->use, r->state, r->sealed, r->version};
        }
    }
    uint8_t derived[32];
    wrap_key_derive(f->master, WRAP_FOR_VERIFIERS, derived);
    assert_int_equal(verifier_keys_open(str_of(derived, 32), STR_NONE, rows, n, &f->verifier), OK);

    struct signer_key_set set = fixture_key_set(f, CHANNEL_WEB);
    memcpy(f->handle_key, set.handle_key.p, 32);
    assert_int_equal(jwks_read(set.jwks, ALG_UNSET, &f->jwks), OK);
    uuid_random(&f->person);
    f->cookie = STR("the secret of the session cookie");
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    signer_free(&f->s);
    verifier_keys_free(&f->verifier);
    jwks_free(f->jwks);
    arena_free(f->a);
    test_free(f);
    return 0;
}

/* As a verifier would make it after a login. */
static inline struct proof fixture_session(const struct fixture *f)
{
    int64_t now = clock_now_s();
    struct proof p = {.kind = PROOF_SESSION,
                      .bearer = sha256(f->cookie),
                      .subject = f->person,
                      .actor = f->person,
                      .account_level = 2,
                      .authentication_level = 1,
                      .amr = AMR_PWD,
                      .auth_time = now - 5,
                      .expires_at = now + 3600,
                      .grant_ends_at = now + 86400};
    p.session.b[0] = 7;
    return p;
}

static inline struct signer_issue_code fixture_code_request(struct fixture *f)
{
    struct proof session = fixture_session(f);
    struct signer_issue_code m = {.session_proof = verifier_proof_seal(f->a, f->verifier, &session),
                                  .session_secret = f->cookie};
    m.code = (struct proof){.kind = PROOF_CODE,
                            .bearer = sha256(STR("code secret")),
                            .expires_at = clock_now_s() + 60,
                            .client_id = STR("portal"),
                            .sector = STR("portal.example"),
                            .scope = STR("openid profile offline_access"),
                            .nonce = STR("n-0S6_WzA2Mj")};
    uuid_random(&m.code.grant);
    return m;
}

static inline struct signer_issued_code fixture_code(struct fixture *f,
                                                     const struct signer_issue_code *m)
{
    struct signer_issued_code out;
    assert_int_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_CODE, signer_issue_code, m, signer_issued_code, &out),
        OK);
    return out;
}

static inline json_t *fixture_claims(struct fixture *f, struct str token, const char *typ)
{
    json_t *claims = NULL;
    struct jwt_expect expect = {.issuer = STR(ISSUER), .now = clock_now_s()};
    assert_int_equal(jwt_open(f->a, token, f->jwks, typ, &expect, &claims), OK);
    return claims;
}

#define ASSERT_STR(s, z)                                                                           \
    do {                                                                                           \
        struct str assert_s_ = (s);                                                                \
        if (!str_eqz(assert_s_, (z))) {                                                            \
            print_error("\"%.*s\" instead of \"%s\"\n", STR_FMT(assert_s_), (z));                  \
            assert_true(false);                                                                    \
        }                                                                                          \
    } while (0)

static inline struct signer_issued_tokens fixture_exchange(struct fixture *f,
                                                           const struct signer_issue_tokens *m)
{
    struct signer_issued_tokens out;
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, m,
                           signer_issued_tokens, &out),
                     OK);
    return out;
}

/* Somebody's attributes, sealed as they lie in the store. */
static inline struct sealed_document fixture_seal_of(struct fixture *f, struct uuid identity,
                                                     const char *attributes)
{
    struct signer_sealed sealed;
    struct signer_seal m = {.document = {.identity = identity,
                                         .kind = STR("person"),
                                         .version = 3,
                                         .bucket = bucket_of(&identity)},
                            .plaintext = str_from(attributes)};
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_SEAL, signer_seal, &m, signer_sealed, &sealed),
                     OK);
    m.document.sealed = sealed.sealed;
    m.document.wrapped_key = sealed.wrapped_key;
    m.document.wrapped_bucket_key = sealed.wrapped_bucket_key;
    return m.document;
}

static inline struct sealed_document fixture_seal(struct fixture *f, const char *attributes)
{
    return fixture_seal_of(f, f->person, attributes);
}

/* An identity's attributes as a clerk may hand them over, with one that nobody may choose. */
#define ATTRIBUTES                                                                                 \
    "{\"name\":\"Nguyễn Thị Ánh\",\"birthdate\":\"1990-01-02\",\"email\":\"anh@example.vn\"," \
    "\"personal_number\":\"001190012345\",\"sub\":\"forged\"}"

#endif
