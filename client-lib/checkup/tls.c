/* See tls.h.  Verification itself is libcrypto's. */
#include "checkup/tls.h"
#include <openssl/x509v3.h>
#include <string.h>
#include "base/buf.h"

static const char *name_text(struct arena *a, const X509_NAME *name)
{
    char text[256];
    const char *common = NULL;
    if (name != NULL && X509_NAME_get_text_by_NID((X509_NAME *)(uintptr_t)name, NID_commonName,
                                                  text, sizeof(text)) > 0) {
        common = text;
    } else if (name != NULL) {
        common = X509_NAME_oneline(name, text, sizeof(text));
    }
    return str_fmt(a, "%s", common != NULL && common[0] != '\0' ? common : "(without a name)").p;
}

static int64_t seconds(const ASN1_TIME *time)
{
    struct tm tm;
    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static const char *alternative_names(struct arena *a, X509 *certificate)
{
    struct buf b = buf_in(a);
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int kind = 0;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);
        const unsigned char *p =
            kind == GEN_DNS || kind == GEN_IPADD ? ASN1_STRING_get0_data(value) : NULL;
        if (kind == GEN_DNS) {
            buf_fmt(&b, "%s%.*s", b.n > 0 ? " " : "", ASN1_STRING_length(value), (const char *)p);
        } else if (kind == GEN_IPADD && ASN1_STRING_length(value) == 4) {
            buf_fmt(&b, "%s%d.%d.%d.%d", b.n > 0 ? " " : "", p[0], p[1], p[2], p[3]);
        }
    }
    GENERAL_NAMES_free(names);
    return b.n > 0 ? buf_z(&b) : "(none)";
}

static int record(int good, X509_STORE_CTX *store)
{
    struct tls_seen *seen = X509_STORE_CTX_get_app_data(store);
    int error = X509_STORE_CTX_get_error(store);
    if (good == 1) {
        return 1;
    }
    for (size_t i = 0; i < seen->n_errors; i++) {
        if (seen->errors[i] == error) {
            return 1;
        }
    }
    if (seen->n_errors < TLS_ERRORS_MAX) {
        seen->depths[seen->n_errors] = X509_STORE_CTX_get_error_depth(store);
        seen->errors[seen->n_errors++] = error;
    }
    X509 *here = X509_STORE_CTX_get_current_cert(store);
    bool untrusted = error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
                     error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
                     error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
                     error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
                     error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
    if (untrusted && here != NULL && seen->missing == NULL) {
        seen->missing = name_text(seen->arena, X509_get_issuer_name(here));
    }
    return 1; /* look on: verify() below refuses */
}

static bool fits(const struct tls_seen *seen, X509 *leaf)
{
    return X509_check_ip_asc(leaf, seen->host, 0) == 1 ||
           X509_check_host(leaf, seen->host, strlen(seen->host), 0, NULL) == 1;
}

static int verify(X509_STORE_CTX *store, void *arg)
{
    struct tls_seen *seen = arg;
    X509 *leaf = X509_STORE_CTX_get0_cert(store);
    seen->n_errors = 0;
    seen->missing = NULL;
    X509_STORE_CTX_set_app_data(store, seen);
    X509_STORE_CTX_set_verify_cb(store, record);
    int good = X509_verify_cert(store);
    seen->looked = leaf != NULL;
    if (leaf != NULL) {
        int sent = sk_X509_num(X509_STORE_CTX_get0_untrusted(store));
        seen->sent = sent > 0 ? (size_t)sent : 1;
        seen->subject = name_text(seen->arena, X509_get_subject_name(leaf));
        seen->issuer = name_text(seen->arena, X509_get_issuer_name(leaf));
        seen->names = alternative_names(seen->arena, leaf);
        seen->name_fits = fits(seen, leaf);
        seen->not_before_s = seconds(X509_get0_notBefore(leaf));
        seen->not_after_s = seconds(X509_get0_notAfter(leaf));
    }
    if (seen->n_errors > 0) {
        X509_STORE_CTX_set_error(store, seen->errors[0]);
        return 0;
    }
    return good;
}

static void tell_version(const SSL *ssl, int where, int value)
{
    (void)value;
    struct tls_seen *seen = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && seen != NULL) {
        seen->version = SSL_get_version(ssl);
    }
}

void tls_watch(SSL_CTX *ctx, struct tls_seen *seen)
{
    SSL_CTX_set_app_data(ctx, seen);
    SSL_CTX_set_cert_verify_callback(ctx, verify, seen);
    SSL_CTX_set_info_callback(ctx, tell_version);
}
