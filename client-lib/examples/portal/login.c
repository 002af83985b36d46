/* Logging in: /login sends the browser to the provider, /callback is where it comes back.
 * A login is for a place of the portal; for "submit" it is a step up: fresher or stronger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "portal.h"

#define SESSION_COOKIE "portal"
#define LOGIN_COOKIE "portal_login" /* with a digit */
#define LOGINS 3                    /* under way at once in one browser: tabs */
#define LOGIN_LIFETIME_S 900
#define SESSION_LIFETIME_S (8 * 3600)
#define STEP_UP "submit"

static const struct {
    const char *name; /* of /login?for=NAME, kept in the sealed transaction */
    const char *path;
} places[] = {
    {"home", "/"},
    {"apply", "/apply"},
    {STEP_UP, "/apply/review"},
    {"applications", "/applications"},
    {"identity", "/identity"},
};

/* The first one for any name that is not in the table: no open redirect. */
static size_t place_of(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(places[i].name, name) == 0) {
            return i;
        }
    }
    return 0;
}

struct session *session_of(const struct web *w)
{
    char *id = web_cookie(w, SESSION_COOKIE);
    struct session *s = session_find(id);
    free(id);
    return s;
}

void session_cookie_set(struct web *w, const char *id)
{
    web_set_cookie(w, SESSION_COOKIE, id, SESSION_LIFETIME_S);
}

struct session *session_of_form(struct web *w)
{
    struct session *s = session_of(w);
    char *csrf = web_form(w, "csrf");
    bool ours = s != NULL && csrf != NULL && same_secret(csrf, s->csrf) && web_is_same_origin(w);
    free(csrf);
    return ours ? s : NULL;
}

static void login_cookie_name(unsigned i, char out[32])
{
    snprintf(out, 32, "%s%u", LOGIN_COOKIE, i);
}

/* Each tab's login has a cookie of its own: the first free one, else any. */
static void login_cookie_set(struct web *w, const char *transaction)
{
    static unsigned turn;
    char name[32];
    unsigned place = turn++ % LOGINS;
    for (unsigned i = LOGINS; i > 0; i--) {
        login_cookie_name(i - 1, name);
        char *taken = web_cookie(w, name);
        place = taken == NULL ? i - 1 : place;
        free(taken);
    }
    login_cookie_name(place, name);
    web_set_cookie(w, name, transaction, LOGIN_LIFETIME_S);
}

struct begin {
    struct web *w;
    struct eid_login_ask ask;
    char acr[256];
    struct eid_login *login;
    struct eid_error err;
};

static void begin_run(void *arg)
{
    struct begin *j = arg;
    j->err.code = EID_OK;
    eid_login_begin(j->w->provider->client, &j->ask, &j->login, &j->err);
}

static void begin_done(void *arg)
{
    struct begin *j = arg;
    if (j->login == NULL) {
        char again[64];
        snprintf(again, sizeof(again), "/login?for=%s", j->ask.memo);
        trouble_show(j->w, "login", &j->err, again);
    } else {
        provider_learn(j->w->provider, eid_login_url(j->login));
        login_cookie_set(j->w, eid_login_transaction(j->login));
        web_redirect(j->w, eid_login_url(j->login));
    }
    eid_login_free(j->login);
    free(j);
}

/* What submitting demands: of the API, if it has told this session, else of the settings. */
static void ask_more(struct begin *j, const struct session *s)
{
    const struct settings *settings = web_settings(j->w);
    int level = (int)settings_number(settings, SUBMIT_AUTH_LEVEL);
    if (level > j->ask.min_authentication_level) {
        j->ask.min_authentication_level = level;
    }
    j->ask.max_age_s = settings_number(settings, SUBMIT_MAX_AGE_S);
    if (s != NULL && s->demand_max_age_s > 0) {
        j->ask.max_age_s = s->demand_max_age_s;
    }
    if (s != NULL && s->demand_acr[0] != '\0') {
        snprintf(j->acr, sizeof(j->acr), "%s", s->demand_acr);
        j->ask.acr_values = j->acr;
    }
}

void login_begin(struct web *w, struct portal *p)
{
    struct begin *j = calloc(1, sizeof(*j));
    char *name = web_query(w, "for");
    size_t place = place_of(name);
    free(name);
    if (j == NULL) {
        trouble_busy(w, "login");
        return;
    }
    j->w = w;
    j->err = (struct eid_error){.code = EID_UNREACHABLE, .detail = "the portal is stopping"};
    j->ask = (struct eid_login_ask){
        .size = sizeof(j->ask),
        .ui_locales = w->vietnamese ? "vi" : "en",
        .memo = places[place].name,
        .min_account_level = (int)settings_number(web_settings(w), ACCOUNT_LEVEL),
        .min_authentication_level = (int)settings_number(web_settings(w), AUTH_LEVEL)};
    if (strcmp(places[place].name, STEP_UP) == 0) {
        ask_more(j, session_of(w));
    }
    if (!workers_do(p->workers, begin_run, begin_done, j)) {
        free(j);
        trouble_busy(w, "login");
    }
}

struct finish {
    struct web *w;
    char *transaction[LOGINS]; /* of this browser's logins under way; NULL: none */
    unsigned mine;             /* the one whose answer this is; LOGINS: none */
    struct eid_identity *identity;
    char *logout_url; /* shows where the provider ends sessions */
    struct eid_error err;
};

/* The transaction with the answer's state is the one; others are refused before the code is used.
 */
static void finish_run(void *arg)
{
    struct finish *j = arg;
    struct eid_client *client = j->w->provider->client;
    const char *query = j->w->query != NULL ? j->w->query : "";
    enum eid_code code = eid_login_finish(client, query, "", &j->identity, &j->err); /* no cookie */
    for (unsigned i = 0; i < LOGINS && j->mine == LOGINS; i++) {
        if (j->transaction[i] == NULL) {
            continue;
        }
        code = eid_login_finish(client, query, j->transaction[i], &j->identity, &j->err);
        j->mine = code != EID_STATE_MISMATCH && code != EID_TRANSACTION_FORGED ? i : LOGINS;
    }
    if (code == EID_OK) {
        eid_logout_url(client, NULL, NULL, &j->logout_url, NULL); /* not every provider has one */
    }
}

/* Logged in: a new session with a new id, whatever the browser had before. */
static void enter(struct finish *j)
{
    struct web *w = j->w;
    struct session *s = session_begin(j->identity, session_of(w));
    if (s == NULL) {
        j->err = (struct eid_error){.code = EID_BUSY, .detail = "too many sessions"};
        eid_identity_free(j->identity);
        trouble_show(w, "login", &j->err, "/login");
        return;
    }
    fprintf(stderr, "event=login.done subject=%s account_level=%d authentication_level=%d\n",
            eid_identity_subject(s->identity), eid_identity_account_level(s->identity),
            eid_identity_authentication_level(s->identity));
    size_t place = place_of(eid_identity_memo(s->identity));
    s->confirmed = strcmp(places[place].name, STEP_UP) == 0;
    if (j->logout_url != NULL) {
        provider_learn(w->provider, j->logout_url);
    }
    session_cookie_set(w, s->id);
    web_go(w, places[place].path);
}

static void finish_free(struct finish *j)
{
    for (unsigned i = 0; i < LOGINS; i++) {
        free(j->transaction[i]);
    }
    eid_text_free(j->logout_url);
    free(j);
}

static void finish_done(void *arg)
{
    struct finish *j = arg;
    char name[32];
    if (j->mine < LOGINS) {
        login_cookie_name(j->mine, name);
        web_set_cookie(j->w, name, NULL, 0); /* an answer works once */
    }
    if (j->identity != NULL) {
        enter(j);
    } else {
        trouble_show(j->w, "login", &j->err, "/login");
    }
    finish_free(j);
}

void login_callback(struct web *w, struct portal *p)
{
    struct finish *j = calloc(1, sizeof(*j));
    bool any = false;
    if (j == NULL) {
        trouble_busy(w, "login");
        return;
    }
    for (unsigned i = 0; i < LOGINS; i++) {
        char name[32];
        login_cookie_name(i, name);
        j->transaction[i] = web_cookie(w, name);
        any = any || j->transaction[i] != NULL;
    }
    if (!any && session_of(w) != NULL) {
        finish_free(j);
        web_go(w, "/"); /* the page was reloaded after the login had ended well */
        return;
    }
    j->w = w;
    j->mine = LOGINS;
    j->err = (struct eid_error){.code = EID_UNREACHABLE, .detail = "the portal is stopping"};
    if (!workers_do(p->workers, finish_run, finish_done, j)) {
        finish_free(j);
        trouble_busy(w, "login");
    }
}
