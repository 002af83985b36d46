/* The default transport: one libcurl handle per request.  TLS is verified, redirects are not
 * followed, only http and https are spoken, nothing is taken from the environment but the proxy. */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "libeid/exchange.h"

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
    return eid_response_add_body(arg, bytes, size * n) == 0 ? size * n : 0;
}

static size_t take_header(char *line, size_t size, size_t n, void *arg)
{
    char copy[512];
    size_t length = size * n;
    char *colon = memchr(line, ':', length);
    if (colon != NULL && length < sizeof(copy)) {
        size_t name = (size_t)(colon - line);
        memcpy(copy, line, length);
        copy[length] = '\0';
        copy[strcspn(copy, "\r\n")] = '\0';
        copy[name] = '\0';
        eid_response_set_header(arg, copy, copy + name + 1);
    }
    return length;
}

/* Adds "Name: value"; NULL when out of memory. */
static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    size_t size = strlen(name) + strlen(": ") + strlen(value) + 1;
    char *line = malloc(size);
    if (line == NULL) {
        curl_slist_free_all(list);
        return NULL;
    }
    snprintf(line, size, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(list, line);
    eid_text_free(line);
    if (longer == NULL) {
        curl_slist_free_all(list);
    }
    return longer;
}

static void set_policy(CURL *curl, const struct eid_request *request)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "libeid");
    if (strncmp(request->url, "http:", 5) == 0) {
        curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* loopback is nobody's business */
    }
    if (request->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
    }
}

/* A peer that closes early must not kill the program: SIGPIPE is blocked for this thread while we
 * talk, and taken away if it came.  (libcurl's own way changes the handler of the whole process.)
 */
static CURLcode perform_without_sigpipe(CURL *curl)
{
    sigset_t pipe_only;
    sigset_t before;
    sigset_t pending;
    const struct timespec at_once = {0, 0};
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    CURLcode code = curl_easy_perform(curl);
    if (!was_pending) {
        (void)sigtimedwait(&pipe_only, NULL, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

int curl_transport(void *arg, const struct eid_request *request, struct eid_response *response,
                   char why[128])
{
    (void)arg;
    char error[CURL_ERROR_SIZE] = "";
    int failed = 1;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = NULL;
    for (size_t i = 0; i < request->n_headers; i++) {
        headers = add_header(headers, request->headers[i].name, request->headers[i].value);
        if (headers == NULL) {
            break;
        }
    }
    if (curl == NULL || headers == NULL) {
        snprintf(why, 128, "out of memory");
        goto out;
    }
    set_policy(curl, request);
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, response);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, response);
    if (request->body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
    }
    CURLcode code = perform_without_sigpipe(curl);
    if (code != CURLE_OK) {
        bool tls = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
                   code == CURLE_SSL_CONNECT_ERROR;
        snprintf(why, 128, "%s%.110s", tls ? "TLS: " : "",
                 error[0] != '\0' ? error : curl_easy_strerror(code));
        goto out;
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    eid_response_set_status(response, (int)status);
    failed = 0;
out:
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return failed;
}
