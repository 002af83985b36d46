/* See web.h. */
#include "checkup/web.h"
#include <string.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/url.h"

#define BODY_MAX (512 * 1024)
#define HEADERS_MAX (64 * 1024)

struct reading {
    struct seen *seen;
    struct buf body;
    struct buf headers;
};

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct reading *r = arg;
    if (r->body.n + size * n > BODY_MAX) {
        r->seen->too_large = true;
        return 0;
    }
    buf_add(&r->body, str_of(bytes, size * n));
    return size * n;
}

static size_t take_header(char *line, size_t size, size_t n, void *arg)
{
    struct reading *r = arg;
    if (r->headers.n + size * n > HEADERS_MAX) {
        r->seen->too_large = true;
        return 0;
    }
    buf_add(&r->headers, str_of(line, size * n));
    return size * n;
}

bool web_header_next(struct str *rest, const char *name, struct str *out)
{
    struct str line;
    while (str_split(rest, '\n', &line)) {
        size_t colon = str_find(line, ':');
        if (colon < line.n && str_ieq(str_of(line.p, colon), str_from(name))) {
            *out = str_trim(str_of(line.p + colon + 1, line.n - colon - 1));
            out->n -= str_ends(*out, STR("\r")) ? 1 : 0;
            return true;
        }
    }
    return false;
}

struct str web_header(const struct seen *s, const char *name)
{
    struct str rest = s->headers;
    struct str value = STR_NONE;
    return web_header_next(&rest, name, &value) ? value : STR_NONE;
}

static CURLcode watch(CURL *curl, void *ctx, void *seen)
{
    (void)curl;
    tls_watch(ctx, seen);
    return CURLE_OK;
}

/* The host as a certificate names it. */
static const char *host_of(struct arena *a, const char *url)
{
    struct url u;
    if (url_parse(str_from(url), &u) != OK) {
        return "";
    }
    bool bracketed = str_starts(u.host, STR("["));
    return str_z(a, bracketed ? str_of(u.host.p + 1, u.host.n - 2) : u.host);
}

static void set_policy(CURL *curl, const struct web *w, struct seen *s)
{
    curl_easy_setopt(curl, CURLOPT_URL, s->url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, &s->tls);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, w->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "eid-doctor");
    if (str_starts(str_from(s->url), STR("http:"))) {
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
    }
    if (w->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, w->ca_file);
    }
}

static struct seen *perform(struct web *w, const char *url, struct curl_slist *headers,
                            const char *body, size_t body_size)
{
    char error[CURL_ERROR_SIZE] = "";
    struct seen *s = arena_alloc(w->arena, sizeof(*s));
    struct reading r = {s, buf_in(w->arena), buf_in(w->arena)};
    s->url = str_fmt(w->arena, "%s", url).p;
    s->tls.arena = w->arena;
    s->tls.host = host_of(w->arena, url);
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        s->code = CURLE_OUT_OF_MEMORY;
        s->why = "out of memory";
        return s;
    }
    set_policy(curl, w, s);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &r);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &r);
    if (body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_size);
    }
    int64_t before = clock_mono_ms();
    s->code = curl_easy_perform(curl);
    s->took_ms = clock_mono_ms() - before;
    s->at_s = clock_now_s();
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    s->status = (int)status;
    s->why = str_fmt(w->arena, "%s", error[0] != '\0' ? error : curl_easy_strerror(s->code)).p;
    s->body = buf_str(&r.body);
    s->headers = buf_str(&r.headers);
    struct str date = web_header(s, "Date");
    time_t told = date.p != NULL ? curl_getdate(str_z(w->arena, date), NULL) : -1;
    s->date_s = told > 0 ? (int64_t)told : 0;
    curl_easy_cleanup(curl);
    return s;
}

struct seen *web_ask(struct web *w, const char *url, const char *form)
{
    return perform(w, url, NULL, form, form != NULL ? strlen(form) : 0);
}

/* What the library pushed as state: the callback we make up must name it. */
static void note_state(struct web *w, const struct eid_request *request)
{
    struct params sent;
    if (request->body != NULL &&
        params_parse(w->arena, str_of(request->body, request->body_size), &sent) == OK &&
        str_is(param_get(&sent, "state"))) {
        w->state = str_dup(w->arena, param_get(&sent, "state"));
    }
}

int web_transport(void *arg, const struct eid_request *request, struct eid_response *response,
                  char why[128])
{
    struct web *w = arg;
    struct curl_slist *headers = NULL;
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct eid_header *h = &request->headers[i];
        struct curl_slist *more =
            curl_slist_append(headers, str_fmt(w->arena, "%s: %s", h->name, h->value).p);
        if (more == NULL) {
            curl_slist_free_all(headers);
            snprintf(why, 128, "out of memory");
            return 1;
        }
        headers = more;
    }
    note_state(w, request);
    struct seen *s = perform(w, request->url, headers, request->body, request->body_size);
    curl_slist_free_all(headers);
    w->last = s;
    if (s->code != CURLE_OK) {
        snprintf(why, 128, "%s%.110s", s->tls.looked && s->tls.version == NULL ? "TLS: " : "",
                 s->why);
        return 1;
    }
    struct str rest = s->headers;
    struct str line;
    while (str_split(&rest, '\n', &line)) {
        size_t colon = str_find(line, ':');
        if (colon < line.n) {
            struct str value = str_trim(str_of(line.p + colon + 1, line.n - colon - 1));
            value.n -= str_ends(value, STR("\r")) ? 1 : 0;
            eid_response_set_header(response, str_z(w->arena, str_of(line.p, colon)),
                                    str_z(w->arena, value));
        }
    }
    eid_response_set_status(response, s->status);
    return eid_response_add_body(response, s->body.p, s->body.n);
}
