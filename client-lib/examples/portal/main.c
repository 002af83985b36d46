/* portal: a small public service that logs people in through libeid; usage in settings.c.
 *
 * SIGHUP reads the settings again (LISTEN keeps its value), SIGTERM and SIGINT end it. */
#include <curl/curl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include "portal.h"

#define HEADERS_MAX (32 * 1024)
#define BODY_MAX (64 * 1024)

static const char *config_file; /* NULL: none */
static char **overrides;
/* One for all handles: logins under way survive a reload. */
static unsigned char transaction_key[32];

static bool configure(struct portal *p)
{
    struct settings s;
    if (!settings_read(config_file, overrides, &s)) {
        return false;
    }
    struct provider *provider = provider_new(&s, transaction_key);
    if (provider == NULL) {
        return false;
    }
    provider_drop(p->provider);
    p->provider = provider;
    return true;
}

static void on_hangup(evutil_socket_t sig, short what, void *arg)
{
    (void)sig;
    (void)what;
    bool good = configure(arg);
    fprintf(stderr, "event=configuration.%s\n", good ? "reloaded" : "kept");
}

static void on_end(evutil_socket_t sig, short what, void *arg)
{
    (void)sig;
    (void)what;
    event_base_loopexit(arg, NULL);
}

static bool listen_on(struct evhttp *http, const char *address)
{
    char host[64];
    const char *colon = strrchr(address, ':');
    size_t n = colon != NULL ? (size_t)(colon - address) : 0;
    long port = colon != NULL ? strtol(colon + 1, NULL, 10) : 0;
    if (n == 0 || n >= sizeof(host) || port <= 0 || port > 65535) {
        fprintf(stderr, "portal: LISTEN must look like 127.0.0.1:8081\n");
        return false;
    }
    bool bracketed = address[0] == '[' && address[n - 1] == ']';
    memcpy(host, address + bracketed, n - 2 * bracketed);
    host[n - 2 * bracketed] = '\0';
    if (evhttp_bind_socket(http, host, (unsigned short)port) != 0) {
        fprintf(stderr, "portal: can't listen on %s: is another program there?\n", address);
        return false;
    }
    return true;
}

static int dispatch(struct portal *p, struct event_base *base, struct evhttp *http)
{
    const struct settings *s = &p->provider->settings;
    int status = 1;
    struct event *signals[] = {evsignal_new(base, SIGHUP, on_hangup, p),
                               evsignal_new(base, SIGTERM, on_end, base),
                               evsignal_new(base, SIGINT, on_end, base)};
    if (listen_on(http, s->value[LISTEN])) {
        for (size_t i = 0; i < 3; i++) {
            event_add(signals[i], NULL);
        }
        fprintf(stderr, "event=portal.ready service=%s listen=%s url=%s\n", s->value[SERVICE],
                s->value[LISTEN], s->value[BASE_URL]);
        status = event_base_dispatch(base) == -1;
    }
    for (size_t i = 0; i < 3; i++) {
        event_free(signals[i]);
    }
    return status;
}

static int serve(struct portal *p)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = base != NULL ? evhttp_new(base) : NULL;
    p->workers = http != NULL ? workers_new(base) : NULL;
    int status = 1;
    if (p->workers != NULL) {
        evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST);
        evhttp_set_max_headers_size(http, HEADERS_MAX);
        evhttp_set_max_body_size(http, BODY_MAX);
        evhttp_set_timeout(http, 30);
        evhttp_set_gencb(http, portal_handle, p);
        status = dispatch(p, base, http);
    }
    workers_free(p->workers);
    if (http != NULL) {
        evhttp_free(http);
    }
    if (base != NULL) {
        event_base_free(base);
    }
    return status;
}

/* [--config FILE] [NAME=value …] */
static bool read_arguments(int argc, char **argv)
{
    overrides = argv + 1;
    if (argc > 2 && strcmp(argv[1], "--config") == 0) {
        config_file = argv[2];
        overrides = argv + 3;
    }
    return overrides[0] == NULL || overrides[0][0] != '-';
}

/* portal --new-key: a private key for CLIENT_KEY_FILE; --public-keys: what to register of it. */
static int make_key(bool public_half)
{
    struct eid_error err;
    char given[8192];
    const char *keys[1] = {given};
    char *text = NULL;
    size_t n = public_half ? fread(given, 1, sizeof(given) - 1, stdin) : 0;
    given[n] = '\0';
    enum eid_code code =
        public_half ? eid_key_public_jwks(keys, 1, &text, &err) : eid_key_new(NULL, &text, &err);
    explicit_bzero(given, sizeof(given));
    if (code != EID_OK) {
        fprintf(stderr, "portal: %s\n", err.detail);
        return 1;
    }
    printf("%s\n", text);
    eid_text_free(text);
    return 0;
}

int main(int argc, char **argv)
{
    struct portal portal = {NULL, NULL};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        settings_help(stdout);
        return 0;
    }
    if (argc == 2 && (strcmp(argv[1], "--new-key") == 0 || strcmp(argv[1], "--public-keys") == 0)) {
        return make_key(strcmp(argv[1], "--public-keys") == 0);
    }
    if (!read_arguments(argc, argv)) {
        settings_help(stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stderr, NULL, _IOLBF, 0);
    setenv("TZ", "Asia/Ho_Chi_Minh", 0); /* times are those of its citizens */
    if (getrandom(transaction_key, sizeof(transaction_key), 0) != sizeof(transaction_key)) {
        perror("portal: no random bytes");
        return 1;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !configure(&portal)) {
        return 2;
    }
    int status = serve(&portal);
    session_end_all();
    provider_drop(portal.provider);
    curl_global_cleanup();
    return status;
}
