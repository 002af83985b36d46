/* Requests and answers on evhttp.  The Host header is never used: BASE_URL says who we are. */
#include "web.h"
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define POLICY                                                                                     \
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' %s; "                \
    "base-uri 'none'; frame-ancestors 'none'"

static bool add_header(struct web *w, const char *name, const char *value)
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

static void choose_language(struct web *w)
{
    struct evkeyvalq query = {0};
    w->vietnamese = accepts_vietnamese(
        evhttp_find_header(evhttp_request_get_input_headers(w->request), "Accept-Language"));
    if (w->query == NULL || evhttp_parse_query_str(w->query, &query) != 0) {
        return;
    }
    const char *locales = evhttp_find_header(&query, "ui_locales");
    int language = locales != NULL ? language_of(locales) : -1;
    if (language >= 0) {
        w->vietnamese = language == 1;
        snprintf(w->locales_memory, sizeof(w->locales_memory), "%s", language == 1 ? "vi" : "en");
        w->locales = w->locales_memory;
    }
    evhttp_clear_headers(&query);
}

bool web_init(struct web *w, struct evhttp_request *request, const struct settings *settings)
{
    memset(w, 0, sizeof(*w));
    w->request = request;
    w->settings = settings;
    const char *uri = evhttp_request_get_uri(request);
    size_t n = strcspn(uri, "?#");
    if (uri[0] != '/' || n >= sizeof(w->path_memory)) {
        web_reply(w, 404, "text/plain", NULL);
        return false;
    }
    memcpy(w->path_memory, uri, n);
    w->path = w->path_memory;
    w->query = uri[n] == '?' ? uri + n + 1 : NULL;
    choose_language(w);
    return true;
}

static const char *prefix(const struct web *w)
{
    return settings_is_https(w->settings) ? "__Host-" : "";
}

char *web_cookie(const struct web *w, const char *name)
{
    char full[64];
    const char *header = evhttp_find_header(evhttp_request_get_input_headers(w->request), "Cookie");
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
             settings_is_https(w->settings) ? "; Secure" : "");
    add_header(w, "Set-Cookie", text);
    free(text);
}

char *web_form(struct web *w, const char *name)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(w->request);
    size_t n = evbuffer_get_length(in);
    char *body = malloc(n + 1);
    char *value = NULL;
    struct evkeyvalq form = {0};
    if (body == NULL) {
        return NULL;
    }
    evbuffer_copyout(in, body, n);
    body[n] = '\0';
    if (strlen(body) == n && evhttp_parse_query_str(body, &form) == 0) {
        int count = 0;
        for (struct evkeyval *kv = form.tqh_first; kv != NULL; kv = kv->next.tqe_next) {
            if (strcmp(kv->key, name) == 0 && ++count == 1) {
                value = strdup(kv->value);
            }
        }
        if (count > 1) {
            free(value);
            value = NULL;
        }
        evhttp_clear_headers(&form);
    }
    explicit_bzero(body, n);
    free(body);
    return value;
}

bool web_is_same_origin(const struct web *w)
{
    char ours[256];
    const char *origin = evhttp_find_header(evhttp_request_get_input_headers(w->request), "Origin");
    return origin == NULL || strcmp(origin, "null") == 0 ||
           (settings_origin(w->settings->value[BASE_URL], ours, sizeof(ours)) &&
            strcmp(origin, ours) == 0);
}

static void add_policies(struct web *w)
{
    char issuer[256] = "";
    char policy[512];
    settings_origin(w->settings->value[ISSUER], issuer, sizeof(issuer));
    snprintf(policy, sizeof(policy), POLICY, issuer);
    add_header(w, "Content-Security-Policy", policy);
    add_header(w, "Cache-Control", "no-store");
    add_header(w, "X-Content-Type-Options", "nosniff");
    add_header(w, "Referrer-Policy", "no-referrer");
    add_header(w, "Cross-Origin-Opener-Policy", "same-origin");
}

void web_reply(struct web *w, int status, const char *type, struct evbuffer *body)
{
    char full[64];
    add_policies(w);
    if (body != NULL) {
        snprintf(full, sizeof(full), "%s; charset=utf-8", type);
        add_header(w, "Content-Type", full);
    }
    evhttp_send_reply(w->request, status, NULL, body);
}

void web_redirect(struct web *w, const char *url)
{
    if (!add_header(w, "Location", url)) {
        web_reply(w, 500, "text/plain", NULL);
        return;
    }
    web_reply(w, 303, "text/plain", NULL);
}

void html_text(struct evbuffer *b, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "&<>\"'");
        evbuffer_add(b, text, n);
        text += n;
        if (*text != '\0') {
            evbuffer_add_printf(b, "&#%d;", *text);
            text++;
        }
    }
}
