/* portal: a small public service that logs people in through libeid.
 *
 *   portal --config FILE [NAME=value …]
 *
 * SIGHUP reads the settings again (LISTEN keeps its value), SIGTERM and SIGINT end it. */
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "handlers.h"
#include "session.h"

#define PROVIDER_TIMEOUT_MS "8000"
#define HEADERS_MAX (32 * 1024)
#define BODY_MAX (64 * 1024)

static const char *config_file;
static char **overrides;
static unsigned char
    transaction_key[32]; /* one for all handles: logins under way survive a reload */

static void complain(const struct eid_error *err)
{
    fprintf(stderr, "event=configuration.refused code=%s detail=\"%s\"\n",
            eid_error_name(err->code), err->detail);
}

/* NULL after a complaint. */
static struct eid_client *client_of(const struct settings *s)
{
    struct eid_client *c = NULL;
    struct eid_error err;
    char redirect[1024];
    char home[1024];
    snprintf(redirect, sizeof(redirect), "%s/callback", s->value[BASE_URL]);
    snprintf(home, sizeof(home), "%s/", s->value[BASE_URL]);
    if (eid_client_new(s->value[ISSUER], s->value[CLIENT_ID], s->value[CLIENT_SECRET], redirect, &c,
                       &err) != EID_OK) {
        complain(&err);
        return NULL;
    }
    if (eid_client_set_transaction_key(c, transaction_key, &err) != EID_OK) {
        complain(&err);
        eid_client_free(c);
        return NULL;
    }
    const struct {
        enum eid_option option;
        const char *value;
    } options[] = {
        {EID_CA_FILE, s->value[CA_FILE]},
        {EID_CACHE_FILE, s->value[CACHE_FILE]},
        {EID_SCOPE, s->value[SCOPE]},
        {EID_ACR_VALUES, s->value[ACR_VALUES]},
        {EID_POST_LOGOUT_URI, home},
        {EID_TIMEOUT_MS, PROVIDER_TIMEOUT_MS},
        {EID_USERINFO, "1"}, /* with a code, name and e-mail come from userinfo (Core §5.4) */
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (options[i].value[0] != '\0' &&
            eid_client_set(c, options[i].option, options[i].value, &err) != EID_OK) {
            complain(&err);
            eid_client_free(c);
            return NULL;
        }
    }
    if (s->value[ROOT_JWK][0] != '\0' &&
        eid_client_pin_root(c, s->value[ROOT_JWK], &err) != EID_OK) {
        complain(&err);
        eid_client_free(c);
        return NULL;
    }
    return c;
}

static bool configure(struct portal *p)
{
    struct settings s;
    if (!settings_read(config_file, overrides, &s)) {
        return false;
    }
    struct eid_client *c = client_of(&s);
    if (c == NULL) {
        settings_free(&s);
        return false;
    }
    settings_free(&p->settings);
    eid_client_free(p->client);
    p->settings = s;
    p->client = c;
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

static int serve(struct portal *p)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = base != NULL ? evhttp_new(base) : NULL;
    if (http == NULL) {
        return 1;
    }
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST);
    evhttp_set_max_headers_size(http, HEADERS_MAX);
    evhttp_set_max_body_size(http, BODY_MAX);
    evhttp_set_timeout(http, 30);
    evhttp_set_gencb(http, handle, p);
    struct event *signals[] = {evsignal_new(base, SIGHUP, on_hangup, p),
                               evsignal_new(base, SIGTERM, on_end, base),
                               evsignal_new(base, SIGINT, on_end, base)};
    int status = 1;
    if (listen_on(http, p->settings.value[LISTEN])) {
        for (size_t i = 0; i < 3; i++) {
            event_add(signals[i], NULL);
        }
        fprintf(stderr, "event=portal.ready listen=%s url=%s\n", p->settings.value[LISTEN],
                p->settings.value[BASE_URL]);
        status = event_base_dispatch(base) == -1;
    }
    for (size_t i = 0; i < 3; i++) {
        event_free(signals[i]);
    }
    evhttp_free(http);
    event_base_free(base);
    return status;
}

int main(int argc, char **argv)
{
    struct portal portal = {{{NULL}}, NULL};
    if (argc < 3 || strcmp(argv[1], "--config") != 0) {
        fprintf(stderr, "usage: portal --config FILE [NAME=value ...]\n");
        return 2;
    }
    config_file = argv[2];
    overrides = argv + 3;
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stderr, NULL, _IOLBF, 0);
    if (getrandom(transaction_key, sizeof(transaction_key), 0) != sizeof(transaction_key)) {
        perror("portal: no random bytes");
        return 1;
    }
    if (!configure(&portal)) {
        return 2;
    }
    int status = serve(&portal);
    session_end_all();
    eid_client_free(portal.client);
    settings_free(&portal.settings);
    return status;
}
