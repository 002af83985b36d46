/* What libeid adds to a signature: CPU time of eid_token_verify and of the verification alone,
 * taken in turns, one thread, one token, one key.
 *
 *   verify SECONDS
 *
 * The raw half does what a program would write that knows only libcrypto: a prepared context,
 * copied, over the same bytes and the same signature. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "eid/eid.h"
#include "jose/es256.h"
#include "jose/jws.h"

#define ISSUER "https://id.example.vn"
#define AUDIENCE "https://api.example.vn/"
#define TURN 200

static struct arena *a;
static struct str key_set;

static void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "verify: %s failed\n", what);
        exit(1);
    }
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int provider(void *arg, const struct eid_request *request, struct eid_response *response,
                    char why[128])
{
    static const char metadata[] = "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" ISSUER "/jwks\","
                                   "\"authorization_endpoint\":\"" ISSUER "/authorize\","
                                   "\"token_endpoint\":\"" ISSUER "/token\"}";
    (void)arg;
    (void)why;
    eid_response_set_status(response, 200);
    eid_response_set_header(response, "Content-Type", "application/json");
    return strstr(request->url, "/jwks") != NULL
               ? eid_response_add_body(response, key_set.p, key_set.n)
               : eid_response_add_body(response, metadata, sizeof(metadata) - 1);
}

/* An access token as authd makes them. */
static struct str make_token(EVP_PKEY *key)
{
    EVP_MD_CTX *sign = NULL;
    struct str token;
    int64_t now = clock_now_s();
    json_t *claims =
        json_own(a, json_pack("{s:s,s:s,s:[s],s:s,s:s,s:I,s:I,s:s,s:s,s:i,s:I}", "iss", ISSUER,
                              "sub", "pSaPKrqWiVhWpsIZ2bXDrgvAdqxFi_vF8i5EKR0pWbw", "aud", AUDIENCE,
                              "client_id", "portal-1", "scope", "openid profile household:read",
                              "iat", (json_int_t)now, "exp", (json_int_t)(now + 3600), "jti",
                              "8Yb2hJHhYl3aYtqjTJ4lXw", "acr", "urn:authd:acr:2:2",
                              "urn:authd:account_level", 2, "auth_time", (json_int_t)now));
    check(alg_sign_template(ALG_ES256, key, &sign) == OK &&
              jws_sign(a, ALG_ES256, key, sign, STR("2026-11-22-a"), "at+jwt", json_text(a, claims),
                       &token) == OK,
          "signing");
    EVP_MD_CTX_free(sign);
    return str_dup(a, token);
}

static double raw_us(EVP_MD_CTX *prepared, struct str bytes, struct str der)
{
    double begin = cpu_us();
    for (int i = 0; i < TURN; i++) {
        EVP_MD_CTX *work = EVP_MD_CTX_new();
        check(work != NULL && EVP_MD_CTX_copy_ex(work, prepared) == 1 &&
                  EVP_DigestVerify(work, (const unsigned char *)der.p, der.n,
                                   (const unsigned char *)bytes.p, bytes.n) == 1,
              "raw verification");
        EVP_MD_CTX_free(work);
    }
    return cpu_us() - begin;
}

static double ours_us(struct eid_client *client, const char *token)
{
    double begin = cpu_us();
    for (int i = 0; i < TURN; i++) {
        struct eid_token *t = NULL;
        check(eid_token_verify(client, token, AUDIENCE, &t, NULL) == EID_OK, "eid_token_verify");
        eid_token_free(t);
    }
    return cpu_us() - begin;
}

int main(int argc, char **argv)
{
    double seconds = argc == 2 ? atof(argv[1]) : 0;
    if (seconds <= 0) {
        fprintf(stderr, "usage: verify SECONDS\n");
        return 2;
    }
    EVP_PKEY *key = NULL;
    EVP_MD_CTX *prepared = NULL;
    struct eid_client *client = NULL;
    struct jws jws;
    uint8_t der[ES256_DER_MAX];
    json_t *jwk = NULL;
    a = arena_new(0);
    check(alg_key_new(ALG_ES256, 0, &key) == OK &&
              jwk_write(key, ALG_ES256, STR("2026-11-22-a"), &jwk) == OK &&
              alg_verify_template(ALG_ES256, key, &prepared) == OK,
          "key");
    key_set = json_text(a, json_own(a, json_pack("{s:[o]}", "keys", jwk)));
    struct str token = make_token(key);
    check(jws_parse(a, token, &jws) == OK, "parsing");
    struct str signature = str_of(der, es256_to_der((const uint8_t *)jws.signature.p, der));
    check(eid_client_new(ISSUER, "api", NULL, NULL, &client, NULL) == EID_OK, "handle");
    eid_client_set_transport(client, provider, NULL);
    double ours = 0;
    double raw = 0;
    double turns = 0;
    ours_us(client, token.p);
    for (double begin = cpu_us(); cpu_us() - begin < seconds * 1e6; turns++) {
        raw += raw_us(prepared, jws.signed_text, signature);
        ours += ours_us(client, token.p);
    }
    printf("{\"ours_us\": %.3f, \"raw_us\": %.3f, \"token_bytes\": %zu}\n", ours / turns / TURN,
           raw / turns / TURN, token.n);
    eid_client_free(client);
    EVP_MD_CTX_free(prepared);
    EVP_PKEY_free(key);
    arena_free(a);
    return 0;
}
