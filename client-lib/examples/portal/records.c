/* The records API: portals file applications and read them, each with the citizen's access token.
 *
 * Tokens are verified offline (RFC 9068), those bound to a key with their proof (RFC 9449); before
 * writing, the provider is asked whether the token still holds (RFC 7662), when we are registered
 * there.  Refusals follow RFC 6750, RFC 9449 and RFC 9470.
 * What is filed is kept in memory: this is a demonstration of tokens, not of records. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "portal.h"
#include "seen.h"

#define READ "records.read"
#define WRITE "records.write"
#define RECORDS_MAX 10000
#define TEXT_MAX 400
#define ALGS "ES256 EdDSA PS256"

static struct seen proofs = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* What may be filed.  With legal weight: by somebody who logged in just now. */
static const struct {
    const char *name;
    bool weighty;
} kinds[] = {{"residence", false}, {"business", true}};

/* One person's record at one portal; another portal knows the person by another name. */
static struct record {
    char *client_id, *subject;
    char kind[16], receipt[32], key[80], about[TEXT_MAX];
    int64_t at;
} * records;
static size_t n_records;

struct call {
    struct web *w;
    const char *scope; /* what it needs */
    bool dpop;         /* the scheme it came with; else Bearer */
    char *token;
    struct eid_token *who;
    struct eid_error err;
};

static void reply(struct web *w, int status, json_t *answer)
{
    struct evbuffer *b = evbuffer_new();
    char *text = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;
    if (b != NULL && text != NULL) {
        evbuffer_add_printf(b, "%s\n", text);
    }
    free(text);
    json_decref(answer);
    web_reply(w, status, "application/json", b);
    if (b != NULL) {
        evbuffer_free(b);
    }
}

static const char *audience_of(const struct web *w)
{
    const struct settings *s = web_settings(w);
    return s->value[settings_has(s, AUDIENCE) ? AUDIENCE : BASE_URL];
}

/* error "": who showed no token is not told one (RFC 6750 section 3.1).  more: further parameters,
 * each with a leading comma, or "". */
static void challenge(struct web *w, bool dpop, const char *error, const char *cure,
                      const char *more)
{
    char text[1024];
    char begin[256] = "";
    if (error[0] != '\0') {
        snprintf(begin, sizeof(begin), "error=\"%s\", error_description=\"%s\", ", error, cure);
    }
    snprintf(text, sizeof(text),
             "%s %sresource_metadata=\"%s/.well-known/oauth-protected-resource\"%s%s",
             dpop ? "DPoP" : "Bearer", begin, web_settings(w)->value[BASE_URL],
             dpop ? ", algs=\"" ALGS "\"" : "", more);
    web_add_header(w, "WWW-Authenticate", text);
}

static void refuse(struct call *c, int status, const char *error, const char *cure,
                   const char *more)
{
    challenge(c->w, c->dpop, error, cure, more);
    reply(c->w, status, json_pack("{s:s, s:s}", "error", error, "error_description", cure));
}

/* The token cannot be judged now, or is not good. */
static void refuse_token(struct call *c)
{
    fprintf(stderr, "event=token.refused code=%s detail=\"%s\"\n", eid_error_name(c->err.code),
            c->err.detail);
    switch (eid_error_category(c->err.code)) {
    case EID_CATEGORY_UNREACHABLE:
        web_add_header(c->w, "Retry-After", "30");
        reply(c->w, 503, json_pack("{s:s}", "error", "temporarily_unavailable"));
        break;
    case EID_CATEGORY_MISCONFIGURED:
    case EID_CATEGORY_INTERNAL:
        reply(c->w, 500, json_pack("{s:s}", "error", "server_error"));
        break;
    default:
        if (c->dpop && (c->err.code == EID_PROOF_MISSING || c->err.code == EID_PROOF_REFUSED)) {
            refuse(c, 401, "invalid_dpop_proof", "the proof is missing or not of this request", "");
        } else {
            refuse(c, 401, "invalid_token", "the access token is expired, revoked or not for us",
                   "");
        }
    }
}

static enum eid_code verify(struct call *c)
{
    struct eid_client *client = c->w->provider->client;
    char url[1024];
    if (!c->dpop) {
        return eid_token_verify(client, c->token, audience_of(c->w), &c->who, &c->err);
    }
    snprintf(url, sizeof(url), "%s%s", web_settings(c->w)->value[BASE_URL], c->w->path);
    struct eid_dpop_request request = {.size = sizeof(request),
                                       .method = web_is_post(c->w) ? "POST" : "GET",
                                       .url = url,
                                       .proof = web_header_once(c->w, "DPoP")};
    return eid_token_verify_dpop(client, c->token, audience_of(c->w), &request, seen_before,
                                 &proofs, &c->who, &c->err);
}

static void run(void *arg)
{
    struct call *c = arg;
    struct eid_token *now = NULL;
    if (verify(c) != EID_OK || strcmp(c->scope, WRITE) != 0 ||
        !settings_has(web_settings(c->w), CLIENT_ID)) {
        return;
    }
    if (eid_token_introspect(c->w->provider->client, c->token, &now, &c->err) != EID_OK) {
        eid_token_free(c->who);
        c->who = NULL;
    }
    eid_token_free(now);
}

static int level_of(const char *acr)
{
    int account, level;
    return acr != NULL && sscanf(acr, "urn:authd:acr:%d:%d", &account, &level) == 2 ? level : 0;
}

/* RFC 9470: false after the challenge that names what is missing. */
static bool is_fresh_and_strong(struct call *c)
{
    const struct settings *s = web_settings(c->w);
    long max_age_s = settings_number(s, SUBMIT_MAX_AGE_S);
    long least = settings_number(s, SUBMIT_AUTH_LEVEL);
    const char *at = eid_token_claim(c->who, "auth_time");
    char more[512] = "";
    size_t n = 0;
    bool stale = max_age_s > 0 && (at == NULL || strtoll(at, NULL, 10) + max_age_s < time(NULL));
    bool weak = level_of(eid_token_claim(c->who, "acr")) < least;
    if (!stale && !weak) {
        return true;
    }
    if (max_age_s > 0) {
        n = (size_t)snprintf(more, sizeof(more), ", max_age=\"%ld\"", max_age_s);
    }
    if (least > 0) {
        n += (size_t)snprintf(more + n, sizeof(more) - n, ", acr_values=\"");
        for (long level = least; level <= 4; level++) {
            n += (size_t)snprintf(more + n, sizeof(more) - n,
                                  "%surn:authd:acr:1:%ld urn:authd:acr:2:%ld",
                                  level > least ? " " : "", level, level);
        }
        snprintf(more + n, sizeof(more) - n, "\"");
    }
    refuse(c, 401, "insufficient_user_authentication",
           stale ? "a more recent login is needed" : "a stronger login is needed", more);
    return false;
}

static bool is_theirs(const struct record *r, const struct eid_token *who)
{
    return strcmp(r->client_id, eid_token_client_id(who)) == 0 &&
           strcmp(r->subject, eid_token_subject(who)) == 0;
}

static json_t *record_json(const struct record *r)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:I}", "receipt", r->receipt, "kind", r->kind, "subject",
                     r->about, "status", "received", "submitted_at", (json_int_t)r->at);
}

static void read_done(struct call *c)
{
    json_t *list = json_array();
    for (size_t i = n_records; i > 0; i--) {
        if (is_theirs(&records[i - 1], c->who)) {
            json_array_append_new(list, record_json(&records[i - 1]));
        }
    }
    reply(c->w, 200, json_pack("{s:o}", "records", list));
}

/* The record that was filed under this key before; NULL when it is new. */
static struct record *record_of_key(const struct eid_token *who, const char *key)
{
    for (size_t i = 0; i < n_records; i++) {
        if (strcmp(records[i].key, key) == 0 && is_theirs(&records[i], who)) {
            return &records[i];
        }
    }
    return NULL;
}

static struct record *record_add(const struct eid_token *who, const char *kind, const char *about,
                                 const char *key)
{
    char random[SESSION_ID_TEXT + 1];
    if (records == NULL) {
        records = calloc(RECORDS_MAX, sizeof(*records));
    }
    if (records == NULL || n_records == RECORDS_MAX || !random_text(random)) {
        return NULL;
    }
    struct record *r = &records[n_records];
    r->client_id = strdup(eid_token_client_id(who));
    r->subject = strdup(eid_token_subject(who));
    if (r->client_id == NULL || r->subject == NULL) {
        free(r->client_id);
        free(r->subject);
        return NULL;
    }
    snprintf(r->kind, sizeof(r->kind), "%s", kind);
    snprintf(r->about, sizeof(r->about), "%s", about);
    snprintf(r->key, sizeof(r->key), "%s", key);
    snprintf(r->receipt, sizeof(r->receipt), "HS-%.4s-%.4s", random, random + 4);
    r->at = (int64_t)time(NULL);
    n_records++;
    return r;
}

static void write_done(struct call *c)
{
    char *body = web_body(c->w);
    const char *key = web_header(c->w, "Idempotency-Key");
    json_t *given = body != NULL ? json_loads(body, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *kind = json_string_value(json_object_get(given, "kind"));
    const char *about = json_string_value(json_object_get(given, "subject"));
    size_t i = 0;
    while (kind != NULL && i < sizeof(kinds) / sizeof(kinds[0]) &&
           strcmp(kinds[i].name, kind) != 0) {
        i++;
    }
    if (kind == NULL || i == sizeof(kinds) / sizeof(kinds[0]) || about == NULL ||
        strlen(about) >= TEXT_MAX || key == NULL || strlen(key) >= sizeof(records->key)) {
        reply(c->w, 400,
              json_pack("{s:s, s:s}", "error", "invalid_request", "error_description",
                        "a JSON object with kind and subject, and the header Idempotency-Key"));
    } else if (!kinds[i].weighty || is_fresh_and_strong(c)) {
        struct record *r = record_of_key(c->who, key);
        if (r == NULL) {
            r = record_add(c->who, kind, about, key);
        }
        if (r != NULL) {
            fprintf(stderr, "event=record.filed client=%s subject=%s receipt=%s\n", r->client_id,
                    r->subject, r->receipt);
            reply(c->w, 201, record_json(r));
        } else {
            reply(c->w, 503, json_pack("{s:s}", "error", "temporarily_unavailable"));
        }
    }
    json_decref(given);
    free(body);
}

static void done(void *arg)
{
    struct call *c = arg;
    if (c->who == NULL) {
        refuse_token(c);
    } else if (!eid_token_has_scope(c->who, c->scope)) {
        char more[64];
        snprintf(more, sizeof(more), ", scope=\"%s\"", c->scope);
        refuse(c, 403, "insufficient_scope", "the token does not allow this", more);
    } else if (strcmp(c->scope, WRITE) == 0) {
        write_done(c);
    } else {
        read_done(c);
    }
    eid_token_free(c->who);
    explicit_bzero(c->token, strlen(c->token));
    free(c->token);
    free(c);
}

/* The token after a scheme, NULL when the header has another one. */
static const char *token_after(const char *header, const char *scheme)
{
    size_t n = strlen(scheme);
    return header != NULL && strncasecmp(header, scheme, n) == 0 && header[n] == ' '
               ? header + n + 1
               : NULL;
}

static void begin(struct web *w, struct portal *p, const char *scope)
{
    const char *header = web_header_once(w, "Authorization");
    const char *bound = token_after(header, "DPoP");
    const char *token = bound != NULL ? bound : token_after(header, "Bearer");
    if (token == NULL) {
        char more[64];
        snprintf(more, sizeof(more), ", scope=\"%s\"", scope);
        challenge(w, false, "", "", more);
        challenge(w, true, "", "", more);
        reply(w, 401, json_pack("{s:s}", "error_description", "an access token is needed"));
        return;
    }
    struct call *c = calloc(1, sizeof(*c));
    if (c != NULL) {
        *c = (struct call){.w = w,
                           .scope = scope,
                           .dpop = bound != NULL,
                           .token = strdup(token),
                           .err = {.code = EID_UNREACHABLE, .detail = "the API is stopping"}};
    }
    if (c == NULL || c->token == NULL || !workers_do(p->workers, run, done, c)) {
        if (c != NULL) {
            free(c->token);
        }
        free(c);
        web_add_header(w, "Retry-After", "5");
        reply(w, 503, json_pack("{s:s}", "error", "temporarily_unavailable"));
    }
}

void records_read(struct web *w, struct portal *p)
{
    begin(w, p, READ);
}

void records_write(struct web *w, struct portal *p)
{
    begin(w, p, WRITE);
}

/* OAuth 2.0 Protected Resource Metadata (RFC 9728). */
void records_metadata(struct web *w, struct portal *p)
{
    (void)p;
    reply(w, 200,
          json_pack("{s:s, s:[s], s:[s, s], s:[s], s:[s, s, s]}", "resource", audience_of(w),
                    "authorization_servers", web_settings(w)->value[ISSUER], "scopes_supported",
                    READ, WRITE, "bearer_methods_supported", "header",
                    "dpop_signing_alg_values_supported", "ES256", "EdDSA", "PS256"));
}

void records_about(struct web *w, struct portal *p)
{
    (void)p;
    reply(w, 200,
          json_pack("{s:s, s:[s, s]}", "name", "Applications of citizens (sample API)", "endpoints",
                    "GET /records (scope " READ ")", "POST /records (scope " WRITE ")"));
}
