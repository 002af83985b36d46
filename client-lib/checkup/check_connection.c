/* Is the provider reached, and is it who it says: name, port, TLS, certificate.  Everything that is
 * wrong with a certificate is told at once. */
#include <openssl/x509_vfy.h>
#include <string.h>
#include "base/clock.h"
#include "checkup/doctor.h"

#define SOON_S (14 * 86400)
#define DAY_S 86400

static const char *trusted_here(const struct doctor *d)
{
    return d->web.ca_file != NULL ? d->web.ca_file : "the system's authorities";
}

static const char *date_words(struct arena *a, int64_t at_s)
{
    struct tm tm;
    char text[32] = "?";
    time_t at = (time_t)at_s;
    if (gmtime_r(&at, &tm) != NULL) {
        strftime(text, sizeof(text), "%Y-%m-%d", &tm);
    }
    return str_fmt(a, "%s", text).p;
}

static void explain_trust(struct doctor *d, enum status status, const struct tls_seen *t, int error)
{
    if (error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) {
        report_add(d->report, status, "certificate",
                   "if it is meant to be so (a test machine), name that certificate in CA_FILE; "
                   "otherwise the provider's operator must install one of a known authority",
                   "%s signed its certificate itself", t->subject);
    } else if (t->sent == 1 && error != X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN) {
        report_add(d->report, status, "certificate",
                   "the authority's certificate into CA_FILE; if it is an intermediate one, the "
                   "server must send it along (its operator: the full chain)",
                   "signed by \"%s\", which %s does not know; the server sends no other "
                   "certificate along",
                   t->missing, trusted_here(d));
    } else {
        report_add(d->report, status, "certificate", "the authority's certificate into CA_FILE",
                   "the chain of %zu ends at \"%s\", which %s does not know", t->sent, t->missing,
                   trusted_here(d));
    }
}

static void explain_certificate(struct doctor *d, enum status status, const struct seen *s)
{
    const struct tls_seen *t = &s->tls;
    bool trust = false;
    for (size_t i = 0; i < t->n_errors; i++) {
        int error = t->errors[i];
        const char *whose = t->depths[i] == 0 ? "the server's" : "an authority's";
        if (error == X509_V_ERR_CERT_HAS_EXPIRED) {
            report_add(d->report, status, "certificate",
                       "the server's operator must renew it; is this machine's clock right?",
                       "%s certificate has expired (%s ended %s)", whose, t->subject,
                       date_words(d->arena, t->not_after_s));
        } else if (error == X509_V_ERR_CERT_NOT_YET_VALID) {
            report_add(d->report, status, "certificate",
                       "compare this machine's clock first: timedatectl, chronyc tracking",
                       "%s certificate is not valid yet (%s begins %s)", whose, t->subject,
                       date_words(d->arena, t->not_before_s));
        } else if (t->missing != NULL) {
            if (!trust) {
                explain_trust(d, status, t, error);
            }
            trust = true;
        } else {
            report_add(d->report, status, "certificate",
                       "the server's operator must install a certificate that is acceptable",
                       "%s certificate: %s", whose, X509_verify_cert_error_string(error));
        }
    }
    if (!t->name_fits) {
        report_add(d->report, status, "certificate",
                   "use the name the certificate is for, or have one made for this name",
                   "is for %s, not for %s", t->names, t->host);
    }
}

void doctor_explain_silence(struct doctor *d, enum status status, const char *check,
                            const struct seen *s)
{
    const char *host = s->tls.host;
    if (s->tls.looked && (s->tls.n_errors > 0 || !s->tls.name_fits)) {
        explain_certificate(d, status, s);
        return;
    }
    switch (s->code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        report_add(d->report, status, check,
                   "a mistyped name? otherwise this machine's DNS: resolvectl query, "
                   "/etc/resolv.conf",
                   "the name %s has no address here", host);
        return;
    case CURLE_COULDNT_RESOLVE_PROXY:
        report_add(d->report, status, check, "correct the variable https_proxy",
                   "the proxy of this environment has no address: %s", s->why);
        return;
    case CURLE_COULDNT_CONNECT:
        report_add(d->report, status, check,
                   "is it running, and does a firewall let this machine through?",
                   "nothing listens at %s: %s", s->url, s->why);
        return;
    case CURLE_OPERATION_TIMEDOUT:
        report_add(d->report, status, check,
                   "a firewall that drops packets, a proxy to be set (https_proxy), or a slow "
                   "server: TIMEOUT_MS",
                   "no answer from %s in time: %s", s->url, s->why);
        return;
    case CURLE_SSL_CONNECT_ERROR:
        if (strstr(s->why, "wrong version number") != NULL ||
            strstr(s->why, "packet length") != NULL) {
            report_add(d->report, status, "TLS",
                       "http:// is accepted for loopback only; is it the right port?",
                       "%s does not speak TLS: %s", s->url, s->why);
            return;
        }
        if (strstr(s->why, "protocol") != NULL || strstr(s->why, "version") != NULL) {
            report_add(d->report, status, "TLS",
                       "the server's operator must switch on TLS 1.2 or "
                       "1.3",
                       "%s offers only protocols before TLS 1.2: %s", host, s->why);
            return;
        }
        report_add(d->report, status, "TLS",
                   "compare protocols and ciphers: openssl s_client -connect HOST:PORT",
                   "no handshake with %s: %s", host, s->why);
        return;
    case CURLE_SSL_CACERT_BADFILE:
        report_add(d->report, status, "authorities", "a PEM file of trusted authorities",
                   "%s can't be used: %s", trusted_here(d), s->why);
        return;
    default:
        report_add(d->report, status, check, "see what is between here and there", "%s: %s", s->url,
                   s->why);
    }
}

static void tell_certificate(struct doctor *d, const struct tls_seen *t)
{
    int64_t left_s = t->not_after_s - clock_now_s();
    report_add(d->report, GOOD, "TLS", NULL, "%s", t->version);
    if (left_s < SOON_S) {
        report_add(d->report, WARNING, "certificate", "tell the provider's operator",
                   "%s's ends in %lld days (%s)", t->host, (long long)(left_s / DAY_S),
                   date_words(d->arena, t->not_after_s));
    } else {
        report_add(d->report, GOOD, "certificate", NULL, "for %s, by \"%s\", until %s", t->host,
                   t->issuer, date_words(d->arena, t->not_after_s));
    }
}

bool check_connection(struct doctor *d)
{
    struct str issuer = str_from(doctor_setting(d, ISSUER));
    issuer.n -= str_ends(issuer, STR("/")) ? 1 : 0;
    /* spec: OpenID Connect Discovery 1.0 §4.1:party the well-known path after the issuer */
    const char *url = str_fmt(d->arena, "%.*s/.well-known/openid-configuration", STR_FMT(issuer)).p;
    struct seen *s = web_ask(&d->web, url, NULL);
    if (s->code != CURLE_OK && !(s->code == CURLE_WRITE_ERROR && s->too_large)) {
        doctor_explain_silence(d, FAILED, "provider", s);
        return false;
    }
    report_add(d->report, GOOD, "provider", NULL, "%s answers in %lld ms", s->tls.host,
               (long long)s->took_ms);
    if (s->tls.version != NULL) {
        tell_certificate(d, &s->tls);
    } else {
        report_add(d->report, NOT_OFFERED, "TLS", NULL, "plain http to loopback: a sandbox");
    }
    d->metadata_answer = s;
    return true;
}
