/* Requests and answers on evhttp.  The Host header is never used: BASE_URL says who we are. */
#include "web.h"
#include <event2/keyvalq_struct.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LANGUAGE_COOKIE "portal_language"
#define LANGUAGE_S (365L * 86400)
#define POLICY                                                                                     \
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'%s; "                 \
    "base-uri 'none'; frame-ancestors 'none'"

const struct settings *web_settings(const struct web *w)
{
    return &w->provider->settings;
}

bool web_is_post(const struct web *w)
{
    return evhttp_request_get_command(w->request) == EVHTTP_REQ_POST;
}

const char *web_header(const struct web *w, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(w->request), name);
}

const char *web_header_once(const struct web *w, const char *name)
{
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(w->request);
    const char *value = NULL;
    for (const struct evkeyval *kv = headers->tqh_first; kv != NULL; kv = kv->next.tqe_next) {
        if (strcasecmp(kv->key, name) == 0) {
            if (value != NULL) {
                return NULL;
            }
            value = kv->value;
        }
    }
    return value;
}

bool web_add_header(struct web *w, const char *name, const char *value)
{
    return evhttp_add_header(evhttp_request_get_output_headers(w->request), name, value) == 0;
}

/* 1: Vietnamese, 0: English, -1: another language. */
static int language_of(const char *tag)
{
    if (strncasecmp(tag, "vi", 2) == 0 && strchr("-,; ", tag[2]) != NULL) {
        return 1;
    }
    if (strncasecmp(tag, "en", 2) == 0 && strchr("-,; ", tag[2]) != NULL) {
        return 0;
    }
    return -1;
}

/* The language with the greatest weight among ours (RFC 9110 section 12.5.4). */
static bool accepts_vietnamese(const char *header)
{
    double best = 0;
    int chosen = 1;
    while (header != NULL && *header != '\0') {
        header += strspn(header, " ,");
        size_t n = strcspn(header, ",");
        const char *q = memchr(header, ';', n);
        double weight = q != NULL && strncmp(q, ";q=", 3) == 0 ? strtod(q + 3, NULL) : 1;
        int language = language_of(header);
        if (language >= 0 && weight > best) {
            best = weight;
            chosen = language;
        }
        header += n;
    }
    return chosen == 1;
}

/* The first word of ui_locales that we speak, -1 without one. */
static int language_of_words(const char *words)
{
    int language = -1;
    while (language < 0 && words != NULL && *words != '\0') {
        words += strspn(words, " ");
        language = language_of(words);
        words += strcspn(words, " ");
    }
    return language;
}

/* The switch (ui_locales in the query) wins and is remembered; then the memory; then the browser.
 */
static void choose_language(struct web *w)
{
    char *asked = web_query(w, "ui_locales");
    char *kept = web_cookie(w, LANGUAGE_COOKIE);
    int language = language_of_words(asked);
    if (language >= 0) {
        web_set_cookie(w, LANGUAGE_COOKIE, language == 1 ? "vi" : "en", LANGUAGE_S);
    } else if (kept != NULL) {
        language = language_of(kept);
    }
    w->vietnamese =
        language >= 0 ? language == 1 : accepts_vietnamese(web_header(w, "Accept-Language"));
    free(asked);
    free(kept);
}

struct web *web_begin(struct evhttp_request *request, struct provider *provider)
{
    const char *uri = evhttp_request_get_uri(request);
    size_t n = strcspn(uri, "?#");
    struct web *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        evhttp_send_error(request, 503, NULL);
        return NULL;
    }
    w->request = request;
    w->provider = provider_hold(provider);
    if (uri[0] != '/' || n >= sizeof(w->path)) {
        web_reply(w, 404, NULL, NULL);
        return NULL;
    }
    memcpy(w->path, uri, n);
    w->query = uri[n] == '?' ? uri + n + 1 : NULL;
    choose_language(w);
    return w;
}

static const char *prefix(const struct web *w)
{
    return settings_is_https(web_settings(w)) ? "__Host-" : "";
}

char *web_cookie(const struct web *w, const char *name)
{
    char full[64];
    const char *header = web_header(w, "Cookie");
    int length = snprintf(full, sizeof(full), "%s%s=", prefix(w), name);
    while (header != NULL && *header != '\0') {
        header += strspn(header, "; ");
        size_t n = strcspn(header, ";");
        if (n > (size_t)length && strncmp(header, full, (size_t)length) == 0) {
            return strndup(header + length, n - (size_t)length);
        }
        header += n;
    }
    return NULL;
}

void web_set_cookie(struct web *w, const char *name, const char *value, long max_age_s)
{
    size_t size = (value != NULL ? strlen(value) : 0) + 200;
    char *text = malloc(size);
    if (text == NULL) {
        return;
    }
    snprintf(text, size, "%s%s=%s; Path=/; Max-Age=%ld; HttpOnly; SameSite=Lax%s", prefix(w), name,
             value != NULL ? value : "", value != NULL ? max_age_s : 0,
             settings_is_https(web_settings(w)) ? "; Secure" : "");
    web_add_header(w, "Set-Cookie", text);
    free(text);
}

static bool is_utf8(const char *text)
{
    json_t *s = json_string(text); /* refuses what is not */
    json_decref(s);
    return s != NULL;
}

/* The one value of a name in form-encoded text. */
static char *value_in(const char *encoded, const char *name)
{
    struct evkeyvalq pairs = {0};
    char *value = NULL;
    int count = 0;
    if (evhttp_parse_query_str(encoded, &pairs) != 0) {
        return NULL;
    }
    for (struct evkeyval *kv = pairs.tqh_first; kv != NULL; kv = kv->next.tqe_next) {
        if (strcmp(kv->key, name) == 0 && ++count == 1) {
            value = strdup(kv->value);
        }
    }
    evhttp_clear_headers(&pairs);
    if (count > 1 || (value != NULL && !is_utf8(value))) {
        free(value);
        return NULL;
    }
    return value;
}

char *web_query(const struct web *w, const char *name)
{
    return w->query != NULL ? value_in(w->query, name) : NULL;
}

char *web_body(const struct web *w)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(w->request);
    size_t n = evbuffer_get_length(in);
    char *body = malloc(n + 1);
    if (body == NULL) {
        return NULL;
    }
    evbuffer_copyout(in, body, n);
    body[n] = '\0';
    if (strlen(body) != n || !is_utf8(body)) {
        free(body);
        return NULL;
    }
    return body;
}

char *web_form(const struct web *w, const char *name)
{
    char *body = web_body(w);
    char *value = body != NULL ? value_in(body, name) : NULL;
    if (body != NULL) {
        explicit_bzero(body, strlen(body));
    }
    free(body);
    return value;
}

bool web_is_same_origin(const struct web *w)
{
    char ours[256];
    const char *origin = web_header(w, "Origin");
    return origin == NULL || strcmp(origin, "null") == 0 ||
           (settings_origin(web_settings(w)->value[BASE_URL], ours, sizeof(ours)) &&
            strcmp(origin, ours) == 0);
}

static void add_policies(struct web *w)
{
    char policy[1024];
    snprintf(policy, sizeof(policy), POLICY, w->provider->origins);
    web_add_header(w, "Content-Security-Policy", policy);
    web_add_header(w, "Cache-Control", "no-store");
    web_add_header(w, "X-Content-Type-Options", "nosniff");
    web_add_header(w, "Referrer-Policy", "no-referrer");
    web_add_header(w, "Cross-Origin-Opener-Policy", "same-origin");
    if (settings_is_https(web_settings(w))) {
        web_add_header(w, "Strict-Transport-Security", "max-age=31536000");
    }
}

void web_reply(struct web *w, int status, const char *type, struct evbuffer *body)
{
    char full[64];
    add_policies(w);
    if (body != NULL) {
        snprintf(full, sizeof(full), "%s; charset=utf-8", type);
        web_add_header(w, "Content-Type", full);
    }
    evhttp_send_reply(w->request, status, NULL, body);
    provider_drop(w->provider);
    free(w);
}

void web_redirect(struct web *w, const char *url)
{
    bool good = web_add_header(w, "Location", url);
    web_reply(w, good ? 303 : 500, NULL, NULL);
}

void web_go(struct web *w, const char *path)
{
    char url[512];
    snprintf(url, sizeof(url), "%s%s", web_settings(w)->value[BASE_URL], path);
    web_redirect(w, url);
}
