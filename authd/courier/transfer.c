/* See transfer.h.  The multi interface told by libevent which sockets are ready; a transfer wakes
 * its task. */
#include "courier/transfer.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "courier/guard.h"
#include "log/log.h"

#define CA_MAX ((size_t)8 * 1024 * 1024)
#define CONNECT_TIMEOUT_MS 5000L
#define CA_FILE "/etc/ssl/certs/ca-certificates.crt"

struct transfers {
    struct loop *loop;
    CURLM *multi;
    struct event *timer;
    char *ca; /* PEM */
    size_t ca_size;
};

struct transfer {
    struct transfers *owner;
    struct task *task;
    CURL *easy;
    struct curl_slist *pinned, *headers;
    bool added, done, loopback_allowed;
    CURLcode code;
    char *body; /* answer_max bytes; NULL: not wanted */
    size_t received, answer_max;
    char error[CURL_ERROR_SIZE];
};

static void read_ca(struct transfers *p)
{
    const char *path = getenv("SSL_CERT_FILE");
    FILE *file = fopen(path && path[0] ? path : CA_FILE, "re");
    p->ca = file ? malloc(CA_MAX) : NULL;
    p->ca_size = p->ca ? fread(p->ca, 1, CA_MAX, file) : 0;
    if (file) {
        fclose(file);
    }
    if (!p->ca_size) {
        log_event(LOG_WARN, DELIVERY_FAILED,
                  LOG_Z("reason", "no certificate authorities: https can't be delivered to"),
                  LOG_Z("cure", "install ca-certificates or set SSL_CERT_FILE"));
    }
}

static void take_finished(struct transfers *p)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(p->multi, &left))) {
        struct transfer *x = NULL;
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&x);
        x->code = message->data.result;
        x->done = true;
        task_wake(x->task);
    }
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct transfers *p = arg;
    int mask = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    int running;
    curl_multi_socket_action(p->multi, fd, mask, &running);
    take_finished(p);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct transfers *p = arg;
    int running;
    (void)fd;
    (void)what;
    curl_multi_socket_action(p->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_finished(p);
}

/* libcurl wants another set of events for a socket. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *per_socket)
{
    struct transfers *p = arg;
    struct event *event = per_socket;
    (void)easy;
    if (event) {
        event_free(event);
        curl_multi_assign(p->multi, fd, NULL);
    }
    if (what == CURL_POLL_REMOVE) {
        return 0;
    }
    short events = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
                           (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
    event = event_new(loop_base(p->loop), fd, events, on_socket, p);
    if (!event || event_add(event, NULL) != 0) {
        return -1;
    }
    curl_multi_assign(p->multi, fd, event);
    return 0;
}

static int want_timer(CURLM *multi, long ms, void *arg)
{
    struct transfers *p = arg;
    (void)multi;
    if (ms < 0) {
        evtimer_del(p->timer);
        return 0;
    }
    struct timeval in = {ms / 1000, (ms % 1000) * 1000};
    return evtimer_add(p->timer, &in);
}

enum err transfers_new(struct loop *l, struct transfers **out)
{
    struct transfers *p = calloc(1, sizeof *p);
    if (!p || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
        free(p);
        return fail(ERR_NO_MEMORY, "transfer: libcurl does not start");
    }
    p->loop = l;
    p->multi = curl_multi_init();
    p->timer = evtimer_new(loop_base(l), on_timer, p);
    if (!p->multi || !p->timer) {
        bug("transfer: no memory");
    }
    curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
    curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
    read_ca(p);
    *out = p;
    return OK;
}

void transfers_free(struct transfers *p)
{
    curl_multi_cleanup(p->multi);
    event_free(p->timer);
    free(p->ca);
    free(p);
    curl_global_cleanup();
}

/* The last word on where we connect: what was pinned was checked already. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct transfer *x = arg;
    if (purpose != CURLSOCKTYPE_IPCXN || guard_address(&address->addr, x->loopback_allowed) != OK) {
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->protocol);
}

/* Runs on the loop's stack, where no task's arena may grow. */
static size_t receive(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *x = arg;
    size_t bytes_n = size * n;
    if (bytes_n > x->answer_max - x->received) {
        return 0;
    }
    if (x->body) {
        memcpy(x->body + x->received, bytes, bytes_n);
    }
    x->received += bytes_n;
    return bytes_n;
}

static void transfer_end(void *arg)
{
    struct transfer *x = arg;
    if (x->added) {
        curl_multi_remove_handle(x->owner->multi, x->easy);
    }
    curl_easy_cleanup(x->easy);
    curl_slist_free_all(x->pinned);
    curl_slist_free_all(x->headers);
}

static bool set_up(struct transfer *x, struct arena *a, const struct transfer_request *in)
{
    struct transfers *p = x->owner;
    CURL *e = x->easy;
    struct curl_blob ca = {p->ca, p->ca_size, CURL_BLOB_NOCOPY};
    bool ok = true;
#define SET(option, value) ok = ok && curl_easy_setopt(e, option, value) == CURLE_OK
    SET(CURLOPT_PRIVATE, x);
    SET(CURLOPT_ERRORBUFFER, x->error);
    SET(CURLOPT_URL, str_z(a, in->url));
    SET(CURLOPT_RESOLVE, x->pinned);
    SET(CURLOPT_PROTOCOLS_STR, "http,https"); /* guard_url has looked at the scheme */
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_TIMEOUT_MS, in->timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_USERAGENT, "authd-courier");
    if (in->form.p) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)in->form.n);
        SET(CURLOPT_COPYPOSTFIELDS, str_z(a, in->form));
    } else {
        x->headers = curl_slist_append(NULL, str_z(a, str_fmt(a, "Accept: %s", in->accept)));
        SET(CURLOPT_HTTPHEADER, x->headers);
        ok = ok && x->headers;
    }
    SET(CURLOPT_WRITEFUNCTION, receive);
    SET(CURLOPT_WRITEDATA, x);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, x);
    SET(CURLOPT_FORBID_REUSE, 1L);
    if (p->ca_size) {
        SET(CURLOPT_CAINFO_BLOB, &ca);
    }
#undef SET
    return ok;
}

enum err transfer_run(struct task *t, struct transfers *p, const struct transfer_request *in,
                      struct transfer_answer *out)
{
    struct transfer *x = arena_alloc(t->arena, sizeof *x);
    *x = (struct transfer){.owner = p,
                           .task = t,
                           .loopback_allowed = in->loopback_allowed,
                           .answer_max = in->answer_max,
                           .body = in->form.p ? NULL : arena_alloc(t->arena, in->answer_max)};
    x->easy = curl_easy_init();
    x->pinned = curl_slist_append(NULL, str_z(t->arena, in->pinned));
    arena_defer(t->arena, transfer_end, x);
    if (!x->easy || !x->pinned || !set_up(x, t->arena, in)) {
        return fail(ERR_INTERNAL, "transfer: libcurl refuses an option");
    }
    if (curl_multi_add_handle(p->multi, x->easy) != CURLM_OK) {
        return fail(ERR_INTERNAL, "transfer: libcurl refuses a transfer");
    }
    x->added = true;
    while (!x->done) {
        TRY(task_park(t, "a portal's answer"));
    }
    if (x->code != CURLE_OK) {
        return fail(ERR_UNAVAILABLE, "transfer: %s",
                    x->error[0] ? x->error : curl_easy_strerror(x->code));
    }
    curl_off_t retry_after = 0;
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &out->status);
    curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &retry_after);
    out->retry_after_s = (int64_t)retry_after;
    out->body = x->body ? str_of(x->body, x->received) : STR_NONE;
    struct curl_header *header = NULL;
    bool has =
        curl_easy_header(x->easy, "Cache-Control", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
    out->cache_control = has ? str_dup(t->arena, str_from(header->value)) : STR_NONE;
    return OK;
}
