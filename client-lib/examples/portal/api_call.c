/* HTTP by libcurl: no redirects, little memory, the settings' authorities and time limit. */
#include "api_call.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANSWER_MAX (256 * 1024)

struct api_call *api_call_new(struct web *w, const char *path, const struct session *session)
{
    const char *token = eid_identity_access_token(session->identity);
    struct api_call *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return NULL;
    }
    c->web = w;
    c->path = path;
    c->bound = eid_identity_is_bound(session->identity);
    c->token = strdup(token != NULL ? token : "");
    if (c->token == NULL) {
        free(c);
        return NULL;
    }
    snprintf(c->session, sizeof(c->session), "%s", session->id);
    snprintf(c->why, sizeof(c->why), "the portal is stopping");
    return c;
}

void api_call_free(struct api_call *c)
{
    explicit_bzero(c->token, strlen(c->token));
    free(c->token);
    free(c->body);
    free(c->answer);
    free(c);
}

static size_t on_body(char *bytes, size_t one, size_t n, void *arg)
{
    struct api_call *c = arg;
    size_t had = c->answer != NULL ? strlen(c->answer) : 0;
    (void)one;
    if (had + n > ANSWER_MAX || memchr(bytes, '\0', n) != NULL) {
        return 0;
    }
    char *grown = realloc(c->answer, had + n + 1);
    if (grown == NULL) {
        return 0;
    }
    memcpy(grown + had, bytes, n);
    grown[had + n] = '\0';
    c->answer = grown;
    return n;
}

static size_t on_header(char *line, size_t one, size_t n, void *arg)
{
    static const char name[] = "WWW-Authenticate:";
    struct api_call *c = arg;
    (void)one;
    if (n > sizeof(name) && strncasecmp(line, name, sizeof(name) - 1) == 0) {
        int length = (int)(n - sizeof(name) + 1);
        while (length > 0 && strchr("\r\n", line[sizeof(name) - 2 + (size_t)length]) != NULL) {
            length--; /* it goes into the log */
        }
        snprintf(c->challenge, sizeof(c->challenge), "%.*s", length, line + sizeof(name) - 1);
    }
    return n;
}

/* false: out of memory; the list stays whole. */
static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
    char *text = NULL;
    if (asprintf(&text, "%s%s", name, value) < 0) {
        return false;
    }
    struct curl_slist *longer = curl_slist_append(*list, text);
    explicit_bzero(text, strlen(text));
    free(text);
    if (longer != NULL) {
        *list = longer;
    }
    return longer != NULL;
}

/* A token that is bound to our key goes with a proof for this one request. */
static bool add_token(struct api_call *c, const char *url, struct curl_slist **list)
{
    struct eid_error err;
    char *proof = NULL;
    if (!c->bound) {
        return add_header(list, "Authorization: Bearer ", c->token);
    }
    if (eid_dpop_proof(c->web->provider->client, c->body != NULL ? "POST" : "GET", url, c->token,
                       NULL, &proof, &err) != EID_OK) {
        snprintf(c->why, sizeof(c->why), "proof: %.200s", err.detail);
        return false;
    }
    bool good =
        add_header(list, "Authorization: DPoP ", c->token) && add_header(list, "DPoP: ", proof);
    eid_text_free(proof);
    return good;
}

static void perform(struct api_call *c, CURL *curl, const char *url, struct curl_slist *headers)
{
    const struct settings *s = web_settings(c->web);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, settings_number(s, TIMEOUT_MS));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, c);
    if (settings_has(s, CA_FILE)) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, s->value[CA_FILE]);
    }
    if (c->body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, c->body);
    }
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &c->status);
    }
    snprintf(c->why, sizeof(c->why), "%.100s: status %ld: %.120s", url, c->status,
             code == CURLE_OK ? c->challenge : curl_easy_strerror(code));
}

void api_call_run(void *arg)
{
    struct api_call *c = arg;
    char url[1024];
    struct curl_slist *headers = NULL;
    CURL *curl = curl_easy_init();
    snprintf(url, sizeof(url), "%s%s", web_settings(c->web)->value[API_URL], c->path);
    snprintf(c->why, sizeof(c->why), "out of memory");
    if (curl != NULL && add_token(c, url, &headers) &&
        (c->body == NULL || add_header(&headers, "Content-Type: ", "application/json")) &&
        (c->key[0] == '\0' || add_header(&headers, "Idempotency-Key: ", c->key))) {
        perform(c, curl, url, headers);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}
