/* rooms: libeid jose base */
/* Whatever a provider, a browser or a file may hand to libeid, through its public calls.  The first
 * byte says where the rest goes; where a signature would keep it out it is signed first, so that
 * the judges of claims are reached, too.  Refused or taken, never a crash. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "eid/eid.h"
#include "jose/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW INT64_C(2100000000) /* seeds stay fresh */
#define ISSUER "https://id.example.vn"

enum where {
    TOKEN,         /* an access token as it is */
    TOKEN_CLAIMS,  /* its claims, signed */
    LOGOUT_CLAIMS, /* of a logout token, signed */
    ID_CLAIMS,     /* of an ID token, signed */
    TOKEN_ANSWER,
    USERINFO,
    INTROSPECTION,
    PUSHED_ANSWER,
    METADATA,
    KEYS,
    SIGNED_KEYS, /* the set itself, signed by the root */
    CACHE,       /* the cache file */
    TRANSACTION, /* a sealed login */
    PLACES
};

static EVP_PKEY *key;
static EVP_MD_CTX *signer;
static struct arena *a;
static struct str jwk, keys;
static enum where where;
static struct str foreign;
static struct str nonce;

static void prepare(void)
{
    json_t *object = NULL;
    static struct arena *forever;
    if (key != NULL) {
        return;
    }
    clock_shift_s(NOW - clock_now_s());
    forever = arena_new(0);
    if (alg_key_new(ALG_ES256, 0, &key) != OK || alg_sign_template(ALG_ES256, key, &signer) != OK ||
        jwk_write(key, ALG_ES256, STR("k"), &object) != OK) {
        abort();
    }
    jwk = json_text(forever, object);
    keys = str_fmt(forever, "{\"keys\":[%.*s]}", STR_FMT(jwk));
    json_decref(object);
}

static struct str sign(const char *typ, struct str claims)
{
    struct str token = STR("");
    (void)!jws_sign(a, ALG_ES256, key, signer, STR("k"), typ, claims, &token);
    return str_dup(a, token);
}

/* The ID token of this very login. */
static struct str sign_id_token(void)
{
    json_t *claims = NULL;
    if (json_read_in(a, foreign, &claims) != OK || !json_is_object(claims)) {
        return sign("JWT", foreign);
    }
    json_object_set_new(claims, "nonce", json_str(nonce));
    return sign("JWT", json_text(a, claims));
}

static struct str answer(const char *path)
{
    static const struct {
        const char *path;
        enum where where;
        const char *otherwise;
    } places[] = {
        {"/.well-known/openid-configuration", METADATA,
         "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER
         "/a\",\"token_endpoint\":\"" ISSUER "/token\",\"jwks_uri\":\"" ISSUER
         "/jwks\",\"signed_jwks_uri\":\"" ISSUER "/jwks.jwt\",\"userinfo_endpoint\":\"" ISSUER
         "/userinfo\",\"introspection_endpoint\":\"" ISSUER
         "/introspect\",\"end_session_endpoint\":\"" ISSUER
         "/logout\",\"pushed_authorization_request_endpoint\":\"" ISSUER "/par\"}"},
        {"/userinfo", USERINFO, "{\"sub\":\"s\"}"},
        {"/introspect", INTROSPECTION, "{\"active\":false}"},
        {"/par", PUSHED_ANSWER, "{\"request_uri\":\"urn:x\",\"expires_in\":60}"},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(path, places[i].path) == 0) {
            return where == places[i].where ? foreign : str_from(places[i].otherwise);
        }
    }
    if (strcmp(path, "/token") == 0) {
        struct str id_token = where == ID_CLAIMS ? sign_id_token() : STR("x.y.z");
        return where == TOKEN_ANSWER
                   ? foreign
                   : str_fmt(
                         a,
                         "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"id_token\":\"%.*s\"}",
                         STR_FMT(id_token));
    }
    if (where == SIGNED_KEYS) {
        return sign("jwk-set+jwt", foreign);
    }
    return where == KEYS ? foreign : keys;
}

static int provider(void *arg, const struct eid_request *request, struct eid_response *response,
                    char why[128])
{
    (void)arg;
    (void)why;
    struct str body = answer(request->url + strlen(ISSUER));
    eid_response_set_status(response, 200);
    return eid_response_add_body(response, body.p, body.n);
}

static void read_identity(struct eid_client *c, struct eid_identity *who)
{
    if (who != NULL) {
        (void)eid_identity_subject(who);
        (void)eid_identity_claim(who, "address");
        (void)eid_identity_auth_time(who);
        eid_identity_userinfo(c, who, NULL);
        eid_identity_free(who);
    }
}

static struct str param(const char *url, const char *name)
{
    const char *at = strstr(url, name);
    return at == NULL ? STR("") : str_of(at + strlen(name), strcspn(at + strlen(name), "&"));
}

/* A login; the state is taken from the URL when nothing is pushed. */
static void log_in(struct eid_client *c, const char *transaction)
{
    struct eid_login *login = NULL;
    struct eid_identity *who = NULL;
    if (eid_login_begin(c, NULL, &login, NULL) != EID_OK) {
        return;
    }
    nonce = param(eid_login_url(login), "nonce=");
    struct str state = param(eid_login_url(login), "state=");
    const char *callback = str_fmt(a, "?code=c&state=%.*s", STR_FMT(state)).p;
    eid_login_finish(c, callback, transaction != NULL ? transaction : eid_login_transaction(login),
                     &who, NULL);
    read_identity(c, who);
    eid_login_free(login);
}

static void use_cache(struct eid_client *c)
{
    char path[64];
    snprintf(path, sizeof(path), "/tmp/fuzz-eid-%ld", (long)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0 && write(fd, foreign.p, foreign.n) == (ssize_t)foreign.n) {
        eid_client_set(c, EID_CACHE_FILE, path, NULL);
        eid_client_prepare(c, NULL);
    }
    close(fd);
    unlink(path);
}

static void use(struct eid_client *c)
{
    struct eid_token *token = NULL;
    struct eid_logout *logout = NULL;
    char *url = NULL;
    switch (where) {
    case TOKEN:
        eid_token_verify(c, str_z(a, foreign), NULL, &token, NULL);
        break;
    case TOKEN_CLAIMS:
        eid_token_verify(c, str_z(a, sign("at+jwt", foreign)), NULL, &token, NULL);
        break;
    case LOGOUT_CLAIMS:
        eid_logout_token_verify(c, str_z(a, sign("logout+jwt", foreign)), &logout, NULL);
        break;
    case INTROSPECTION:
        eid_token_introspect(c, "t", &token, NULL);
        break;
    case METADATA:
    case KEYS:
    case SIGNED_KEYS:
        eid_client_prepare(c, NULL);
        eid_logout_url(c, NULL, NULL, &url, NULL);
        break;
    case CACHE:
        use_cache(c);
        break;
    case TRANSACTION:
        log_in(c, str_z(a, foreign));
        break;
    default:
        eid_client_set(c, EID_PAR, where == PUSHED_ANSWER ? "on" : "off", NULL);
        eid_client_set(c, EID_USERINFO, where == USERINFO ? "1" : "0", NULL);
        log_in(c, NULL);
    }
    eid_token_free(token);
    eid_logout_free(logout);
    eid_text_free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct eid_client *c = NULL;
    if (size == 0) {
        return 0;
    }
    prepare();
    a = arena_new(0);
    where = (enum where)(data[0] % PLACES);
    foreign = str_of(data + 1, size - 1);
    if (eid_client_new(ISSUER, "c", NULL, "https://p.example.vn/cb", &c, NULL) != EID_OK) {
        abort();
    }
    eid_client_set_transport(c, provider, NULL);
    if (where == SIGNED_KEYS && eid_client_pin_root(c, str_z(a, jwk), NULL) != EID_OK) {
        abort();
    }
    use(c);
    eid_client_free(c);
    arena_free(a);
    return 0;
}
