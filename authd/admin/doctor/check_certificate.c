/* The TLS certificate that the web processes show: term, name, key, chain. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

#include "base/clock.h"
#include "base/ct.h"
#include "base/url.h"
#include "doctor/inside.h"

#define DAY_S 86400
#define SOON_DAYS 30
#define VERY_SOON_DAYS 7

static STACK_OF(X509) * chain_read(struct doctor *d)
{
    struct str text;
    if (config_file(d->arena, d->config->tls_certificate_file, &text) != OK) {
        found(d, FOUND_ERROR, SAY(d, "server.tls_certificate_file: %s", err_reason()),
              "put the PEM chain there; authd does not start without it");
        return NULL;
    }
    BIO *from = BIO_new_mem_buf(text.p, (int)text.n);
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509 *one;
    while ((one = PEM_read_bio_X509(from, NULL, NULL, NULL))) {
        sk_X509_push(chain, one);
    }
    BIO_free(from);
    ERR_clear_error();
    if (!sk_X509_num(chain)) {
        found(d, FOUND_ERROR,
              SAY(d, "%s has no certificate in PEM", d->config->tls_certificate_file),
              "the service's certificate first, then those of its issuers");
        sk_X509_free(chain);
        return NULL;
    }
    return chain;
}

static void check_term(struct doctor *d, const X509 *leaf)
{
    int days = 0, seconds = 0;
    if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0) {
        found(d, FOUND_ERROR, STR("the certificate is not valid yet"),
              "see whether this machine's clock is right");
    }
    if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(leaf))) {
        return;
    }
    long left_s = (long)days * DAY_S + seconds;
    if (left_s <= 0) {
        found(d, FOUND_ERROR, SAY(d, "the certificate has expired %d days ago", -days),
              "replace the files; authd notices by itself");
    } else if (days < SOON_DAYS) {
        found(d, days < VERY_SOON_DAYS ? FOUND_ERROR : FOUND_WARNING,
              SAY(d, "the certificate ends in %d days", days),
              "renew it; authd notices replaced files by itself");
    }
}

static void check_name(struct doctor *d, X509 *leaf)
{
    struct url issuer;
    if (url_parse(str_from(d->config->issuer), &issuer) != OK) {
        return;
    }
    const char *host = str_z(d->arena, issuer.host);
    if (X509_check_host(leaf, host, issuer.host.n, 0, NULL) != 1 &&
        X509_check_ip_asc(leaf, host, 0) != 1) {
        found(d, FOUND_ERROR, SAY(d, "the certificate does not name the issuer's host %s", host),
              "get one whose subjectAltName has it; every client refuses this one");
    }
    ERR_clear_error();
}

static void check_own_key(struct doctor *d, X509 *leaf)
{
    struct str text;
    if (config_secret(d->arena, d->config->tls_key_file, &text) != OK) {
        return; /* told under configuration */
    }
    BIO *from = BIO_new_mem_buf(text.p, (int)text.n);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(from, NULL, NULL, NULL);
    BIO_free(from);
    if (!key || X509_check_private_key(leaf, key) != 1) {
        found(d, FOUND_ERROR, STR("the TLS key does not belong to the certificate"),
              "put certificate and key of one pair in place together");
    }
    EVP_PKEY_free(key);
    ERR_clear_error();
}

/* Who talks to us knows roots only: everything between must be in our file. */
static void check_chain(struct doctor *d, STACK_OF(X509) * chain)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *verify = X509_STORE_CTX_new();
    const char *file = getenv("SSL_CERT_FILE");
    X509_STORE_set_default_paths(store);
    if (file) {
        X509_STORE_load_file(store, file);
    }
    X509_STORE_CTX_init(verify, store, sk_X509_value(chain, 0), chain);
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(verify), X509_V_FLAG_NO_CHECK_TIME);
    if (X509_verify_cert(verify) != 1) {
        int why = X509_STORE_CTX_get_error(verify);
        found(d, in_production(d->config) ? FOUND_ERROR : FOUND_WARNING,
              SAY(d, "this system does not trust the certificate: %s",
                  X509_verify_cert_error_string(why)),
              "append the issuer's certificate to the file; for an authority of your own, "
              "SSL_CERT_FILE names it to authctl and every portal needs it too");
    }
    X509_STORE_CTX_free(verify);
    X509_STORE_free(store);
    ERR_clear_error();
}

void check_certificate(struct doctor *d)
{
    if (!d->config->tls) {
        if (in_production(d->config)) {
            found(d, FOUND_NOTE, STR("authd speaks plain http on loopback: a proxy must do TLS"),
                  "see docs/guides; server.trusted_proxy names the proxy");
        }
        return;
    }
    STACK_OF(X509) *chain = chain_read(d);
    if (!chain) {
        return;
    }
    X509 *leaf = sk_X509_value(chain, 0);
    check_term(d, leaf);
    check_name(d, leaf);
    check_own_key(d, leaf);
    check_chain(d, chain);
    sk_X509_pop_free(chain, X509_free);
}
