/* Is the service reached under its own name, and is it this service?  As a portal would: the
 * discovery document of the issuer, verified TLS, no redirects. */
#include <curl/curl.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "doctor/inside.h"

#define BODY_MAX ((size_t)64 * 1024)
#define WAIT_S 5L

static size_t take(char *bytes, size_t size, size_t n, void *arg)
{
    struct buf *body = arg;
    if (body->n + size * n > BODY_MAX) {
        return 0;
    }
    buf_add(body, str_of(bytes, size * n));
    return size * n;
}

static void judge(struct doctor *d, long status, struct str body)
{
    json_t *document;
    if (status != 200) {
        found(d, FOUND_ERROR, SAY(d, "the discovery document is answered with status %ld", status),
              status == 502 || status == 503 ? "authd is not there or not ready behind its proxy"
                                             : "the proxy in front must pass every path unchanged");
        return;
    }
    if (json_read_in(d->arena, body, &document) != OK ||
        !str_eqz(json_member(document, "issuer"), d->config->issuer)) {
        found(d, FOUND_ERROR, STR("somebody else answers under the issuer's name"),
              "see where the name leads: DNS, the proxy, another installation");
    }
}

static void unreachable(struct doctor *d, CURLcode why)
{
    const char *cure = "see whether authd runs and the firewall lets this machine through";
    if (why == CURLE_COULDNT_RESOLVE_HOST) {
        cure = "the issuer's host name must be known in DNS";
    } else if (why == CURLE_PEER_FAILED_VERIFICATION || why == CURLE_SSL_CONNECT_ERROR) {
        cure = "see certificate above; SSL_CERT_FILE names an authority of your own";
    }
    found(d, d->status ? FOUND_ERROR : FOUND_WARNING,
          SAY(d, "%s is not reached: %s", d->config->issuer, curl_easy_strerror(why)), cure);
}

void check_issuer(struct doctor *d)
{
    CURL *curl = curl_easy_init();
    struct buf body = buf_in(d->arena);
    const char *url =
        str_z(d->arena, SAY(d, "%s/.well-known/openid-configuration", d->config->issuer));
    if (!curl) {
        not_looked(d, STR("no HTTP client"));
        return;
    }
    const char *authorities = getenv("SSL_CERT_FILE");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, WAIT_S);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    if (authorities) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
    }
    CURLcode why = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (why == CURLE_OK) {
        judge(d, status, buf_str(&body));
    } else {
        unreachable(d, why);
    }
}
