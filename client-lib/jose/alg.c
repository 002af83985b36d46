/* The closed list, as a table; and the preparation of contexts for each of its rows. */
#include "jose/alg.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include "jose/failure.h"

static const struct {
    const char *name;
    int key_type; /* by number: asking by name allocates */
} algs[ALG_END] = {
    [ALG_UNSET] = {"", EVP_PKEY_NONE},         [ALG_ES256] = {"ES256", EVP_PKEY_EC},
    [ALG_EDDSA] = {"EdDSA", EVP_PKEY_ED25519}, [ALG_PS256] = {"PS256", EVP_PKEY_RSA},
    [ALG_RS256] = {"RS256", EVP_PKEY_RSA},
};

bool alg_from_name(struct str name, enum alg *out)
{
    for (enum alg alg = ALG_ES256; alg < ALG_END; alg++) {
        if (str_eqz(name, algs[alg].name)) {
            *out = alg;
            return true;
        }
    }
    return false;
}

const char *alg_name(enum alg alg)
{
    return (unsigned)alg < ALG_END ? algs[alg].name : "";
}

/* ERR_INPUT: it does not fit; ERR_CRYPTO: libcrypto could not tell. */
static enum err judge_fit(enum alg alg, const EVP_PKEY *key)
{
    static const char why[] = "alg: key does not fit %s";
    if (alg <= ALG_UNSET || alg >= ALG_END || key == NULL ||
        EVP_PKEY_get_base_id(key) != algs[alg].key_type) {
        return fail(ERR_INPUT, why, alg_name(alg));
    }
    if (alg == ALG_ES256) {
        char group[32];
        size_t n = 0;
        if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                           &n) != 1) {
            return fail(jose_failure(ERR_CRYPTO), "alg: a key without a group");
        }
        return str_eqz(str_of(group, n), "prime256v1") ? OK : fail(ERR_INPUT, why, alg_name(alg));
    }
    /* spec: RFC 7518 §3.3 MUST a key of 2048 bits or larger; the upper limit bounds the work */
    int bits = EVP_PKEY_get_bits(key);
    return alg == ALG_EDDSA || (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX)
               ? OK
               : fail(ERR_INPUT, why, alg_name(alg));
}

bool alg_fits(enum alg alg, const EVP_PKEY *key)
{
    return judge_fit(alg, key) == OK;
}

enum err alg_key_new(enum alg alg, unsigned rsa_bits, EVP_PKEY **out)
{
    EVP_PKEY *key = NULL;
    switch (alg) {
    case ALG_ES256:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
        break;
    case ALG_EDDSA:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        break;
    case ALG_PS256:
    case ALG_RS256:
        if (rsa_bits < RSA_BITS_MIN || rsa_bits > RSA_BITS_MAX) {
            return fail(ERR_INPUT, "alg: RSA keys of %u bits are not made", rsa_bits);
        }
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)rsa_bits);
        break;
    case ALG_UNSET:
    case ALG_END:
        return fail(ERR_INPUT, "alg: no algorithm");
    }
    if (key == NULL) {
        return fail(jose_failure(ERR_CRYPTO), "alg: no new %s key", alg_name(alg));
    }
    *out = key;
    return OK;
}

/* spec: RFC 7518 §3.5 MUST salt as long as the hash, MGF1 with the same hash */
static bool set_padding(enum alg alg, EVP_PKEY_CTX *pkey)
{
    if (alg == ALG_RS256) {
        return EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PADDING) == 1;
    }
    if (alg == ALG_PS256) {
        return EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(pkey, EVP_sha256()) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, RSA_PSS_SALTLEN_DIGEST) == 1;
    }
    return true;
}

typedef int init_fn(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pkey, const EVP_MD *md, ENGINE *e,
                    EVP_PKEY *key);

static enum err template_new(enum alg alg, EVP_PKEY *key, init_fn *init, EVP_MD_CTX **out)
{
    ERR_clear_error();
    enum err e = judge_fit(alg, key);
    if (e != OK) {
        return e;
    }
    if (alg == ALG_EDDSA) {
        *out = NULL;
        return OK;
    }
    EVP_PKEY_CTX *pkey = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL || init(ctx, &pkey, EVP_sha256(), NULL, key) != 1 || !set_padding(alg, pkey)) {
        EVP_MD_CTX_free(ctx);
        return fail(jose_failure(ERR_CRYPTO), "alg: %s can't be prepared", alg_name(alg));
    }
    *out = ctx;
    return OK;
}

enum err alg_sign_template(enum alg alg, EVP_PKEY *key, EVP_MD_CTX **out)
{
    return template_new(alg, key, EVP_DigestSignInit, out);
}

enum err alg_verify_template(enum alg alg, EVP_PKEY *key, EVP_MD_CTX **out)
{
    return template_new(alg, key, EVP_DigestVerifyInit, out);
}
