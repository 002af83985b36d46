/* The routes.  Waiting for the provider stops this small portal for everybody, at most for the
 * timeout main.c sets; a larger one would give libeid threads of its own. */
#include "handlers.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "page.h"

#define SESSION_COOKIE "portal"
#define LOGIN_COOKIE "portal_login"
#define LOGIN_LIFETIME_S 900
#define SESSION_LIFETIME_S (8 * 3600)

static struct session *session_of(const struct web *w)
{
    char *id = web_cookie(w, SESSION_COOKIE);
    struct session *s = session_find(id);
    free(id);
    return s;
}

static int status_of(enum eid_category category)
{
    switch (category) {
    case EID_CATEGORY_PERSON:
    case EID_CATEGORY_ATTACK:
    case EID_CATEGORY_TOKEN:
        return 400;
    case EID_CATEGORY_REFUSED:
        return 403;
    case EID_CATEGORY_UNREACHABLE:
        return 503;
    case EID_CATEGORY_NONE:
    case EID_CATEGORY_MISCONFIGURED:
    case EID_CATEGORY_INTERNAL:
        break;
    }
    return 500;
}

/* One line for the operator, one page for the person; the reference joins them. */
static void show_error(struct web *w, const char *doing, const struct eid_error *err)
{
    static unsigned count;
    char reference[32];
    snprintf(reference, sizeof(reference), "%lx-%u", (unsigned long)time(NULL), ++count);
    fprintf(stderr, "event=%s.failed code=%s reference=%s oauth=%s detail=\"%s\"\n", doing,
            eid_error_name(err->code), reference, err->oauth, err->detail);
    page_error(w, status_of(err->category), eid_error_text(err->code, w->vietnamese ? "vi" : "en"),
               reference);
}

static void home(struct web *w, struct portal *p)
{
    (void)p;
    page_home(w, session_of(w), NULL);
}

static void login(struct web *w, struct portal *p)
{
    struct eid_login *login = NULL;
    struct eid_error err;
    struct eid_login_ask ask = {.size = sizeof(ask),
                                .ui_locales = w->locales != NULL ? w->locales
                                              : w->vietnamese    ? "vi"
                                                                 : "en",
                                .memo = w->locales};
    if (eid_login_begin(p->client, &ask, &login, &err) != EID_OK) {
        show_error(w, "login", &err);
        return;
    }
    web_set_cookie(w, LOGIN_COOKIE, eid_login_transaction(login), LOGIN_LIFETIME_S);
    web_redirect(w, eid_login_url(login));
    eid_login_free(login);
}

static void go_home(struct web *w, const char *locales)
{
    char url[512];
    snprintf(url, sizeof(url), "%s/%s%s", w->settings->value[BASE_URL],
             locales != NULL ? "?ui_locales=" : "", locales != NULL ? locales : "");
    web_redirect(w, url);
}

static void callback(struct web *w, struct portal *p)
{
    struct eid_identity *identity = NULL;
    struct eid_error err;
    char *transaction = web_cookie(w, LOGIN_COOKIE);
    web_set_cookie(w, LOGIN_COOKIE, NULL, 0);
    if (transaction == NULL && session_of(w) != NULL) {
        go_home(w, NULL); /* the page was reloaded after the login had ended well */
        return;
    }
    enum eid_code code = eid_login_finish(p->client, w->query != NULL ? w->query : "",
                                          transaction != NULL ? transaction : "", &identity, &err);
    free(transaction);
    if (code != EID_OK) {
        show_error(w, "login", &err);
        return;
    }
    session_end(session_of(w));
    struct session *s = session_begin(identity);
    if (s == NULL) {
        eid_identity_free(identity);
        err = (struct eid_error){.code = EID_BUSY, .category = EID_CATEGORY_UNREACHABLE};
        show_error(w, "login", &err);
        return;
    }
    fprintf(stderr, "event=login.done subject=%s account_level=%d authentication_level=%d\n",
            eid_identity_subject(identity), eid_identity_account_level(identity),
            eid_identity_authentication_level(identity));
    web_set_cookie(w, SESSION_COOKIE, s->id, SESSION_LIFETIME_S);
    go_home(w, eid_identity_memo(identity));
}

/* The session a logout form speaks for; NULL when it was not our page that sent it. */
static struct session *session_of_form(struct web *w)
{
    struct session *s = session_of(w);
    char *csrf = web_form(w, "csrf");
    bool ours = s != NULL && csrf != NULL && same_secret(csrf, s->csrf) && web_is_same_origin(w);
    free(csrf);
    return ours ? s : NULL;
}

static void logout_here(struct web *w, struct portal *p)
{
    (void)p;
    session_end(session_of_form(w));
    if (session_of(w) == NULL) {
        web_set_cookie(w, SESSION_COOKIE, NULL, 0);
    }
    go_home(w, NULL);
}

static void logout_everywhere(struct web *w, struct portal *p)
{
    struct session *s = session_of_form(w);
    char *url = NULL;
    struct eid_error err;
    if (s == NULL) {
        go_home(w, NULL);
        return;
    }
    enum eid_code code =
        eid_logout_url(p->client, eid_identity_id_token(s->identity), NULL, &url, &err);
    session_end(s);
    web_set_cookie(w, SESSION_COOKIE, NULL, 0);
    fprintf(stderr, "event=logout.done\n");
    if (code != EID_OK) {
        show_error(w, "logout", &err);
        return;
    }
    web_redirect(w, url);
    eid_text_free(url);
}

static void reply_json(struct web *w, int status, const char *text)
{
    struct evbuffer *b = evbuffer_new();
    if (b != NULL) {
        evbuffer_add(b, text, strlen(text));
        web_reply(w, status, "application/json", b);
        evbuffer_free(b);
    }
}

/* spec: OpenID Connect Back-Channel Logout 1.0 §2.8:party 200 when done, 400 when the token is
 * refused */
static void backchannel_logout(struct web *w, struct portal *p)
{
    struct eid_logout *logout = NULL;
    struct eid_error err;
    char *token = web_form(w, "logout_token");
    enum eid_code code =
        eid_logout_token_verify(p->client, token != NULL ? token : "", &logout, &err);
    free(token);
    if (code != EID_OK) {
        fprintf(stderr, "event=backchannel_logout.refused code=%s detail=\"%s\"\n",
                eid_error_name(code), err.detail);
        bool later = err.category == EID_CATEGORY_UNREACHABLE;
        reply_json(w, later ? 503 : 400, "{\"error\":\"invalid_request\"}\n");
        return;
    }
    /* spec: Back-Channel Logout §2.7:twice a jti seen before ends nothing again */
    if (!logout_is_new(eid_logout_jti(logout), eid_logout_expires_at(logout))) {
        /* Delivered twice, because our first answer was lost: done is done. */
        fprintf(stderr, "event=backchannel_logout.repeated\n");
    } else {
        unsigned ended = session_end_matching(eid_logout_subject(logout), eid_logout_sid(logout));
        fprintf(stderr, "event=backchannel_logout.done sessions=%u\n", ended);
    }
    eid_logout_free(logout);
    web_reply(w, 200, "text/plain", NULL);
}

static void style(struct web *w, struct portal *p)
{
    (void)p;
    page_style(w);
}

static void icon(struct web *w, struct portal *p)
{
    (void)p;
    page_icon(w);
}

static const struct {
    const char *path;
    enum evhttp_cmd_type method;
    void (*fn)(struct web *w, struct portal *p);
} routes[] = {
    {"/", EVHTTP_REQ_GET, home},
    {"/login", EVHTTP_REQ_GET, login},
    {"/callback", EVHTTP_REQ_GET, callback},
    {"/logout", EVHTTP_REQ_POST, logout_everywhere},
    {"/logout/here", EVHTTP_REQ_POST, logout_here},
    {"/backchannel-logout", EVHTTP_REQ_POST, backchannel_logout},
    {"/style.css", EVHTTP_REQ_GET, style},
    {"/icon.svg", EVHTTP_REQ_GET, icon},
    {"/favicon.ico", EVHTTP_REQ_GET, icon},
};

void handle(struct evhttp_request *request, void *arg)
{
    struct portal *p = arg;
    struct web w;
    if (!web_init(&w, request, &p->settings)) {
        return;
    }
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(w.path, routes[i].path) != 0) {
            continue;
        }
        enum evhttp_cmd_type method = evhttp_request_get_command(request);
        if (method == routes[i].method ||
            (method == EVHTTP_REQ_HEAD && routes[i].method == EVHTTP_REQ_GET)) {
            routes[i].fn(&w, p);
        } else if (routes[i].method == EVHTTP_REQ_POST) {
            go_home(&w, NULL); /* somebody opened the address of a form */
        } else {
            web_reply(&w, 405, "text/plain", NULL);
        }
        return;
    }
    page_not_found(&w);
}
