/* Stored client metadata into struct client, and the questions asked of it.  The metadata were
 * validated by client_validate.c when they were registered; what is read here is therefore
 * believed, but a row that is damaged anyway is refused and never guessed at. */
#include "registration/client.h"
#include "base/arena.h"
#include "base/url.h"

struct member_text {
    const char *name;
    size_t at;
};

static const struct member_text texts[] = {
    {"client_name", offsetof(struct client, name)},
    {"client_name#vi", offsetof(struct client, name_vi)},
    {"client_uri", offsetof(struct client, uri)},
    {"logo_uri", offsetof(struct client, logo_uri)},
    {"policy_uri", offsetof(struct client, policy_uri)},
    {"tos_uri", offsetof(struct client, tos_uri)},
    {"agency", offsetof(struct client, agency)},
    {"agency#vi", offsetof(struct client, agency_vi)},
    {"purpose", offsetof(struct client, purpose)},
    {"purpose#vi", offsetof(struct client, purpose_vi)},
    {"legal_ground", offsetof(struct client, legal_ground)},
    {"logo", offsetof(struct client, logo)},
    {"jwks_uri", offsetof(struct client, jwks_uri)},
    {"id_token_signed_response_alg", offsetof(struct client, id_token_alg)},
    {"backchannel_logout_uri", offsetof(struct client, backchannel_logout_uri)},
    {"sector_identifier_uri", offsetof(struct client, sector_identifier_uri)},
};

static enum err words_read(struct arena *a, const json_t *array, struct words *out)
{
    if (array == NULL) {
        *out = (struct words){NULL, 0};
        return OK;
    }
    if (!json_is_array(array)) {
        return fail(ERR_INTERNAL, "client: a list in the stored metadata is none");
    }
    struct words w = {arena_array(a, json_array_size(array), sizeof(struct str)), 0};
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *v = json_array_get(array, i);
        if (!json_is_string(v)) {
            return fail(ERR_INTERNAL, "client: a list in the stored metadata holds no text");
        }
        w.v[w.n++] = str_of(json_string_value(v), json_string_length(v));
    }
    *out = w;
    return OK;
}

static void words_split(struct arena *a, struct str text, struct words *out)
{
    size_t n = 0;
    struct str rest = text;
    struct str word;
    while (str_word(&rest, &word)) {
        n++;
    }
    struct words w = {arena_array(a, n, sizeof(struct str)), 0};
    while (str_word(&text, &word)) {
        w.v[w.n++] = word;
    }
    *out = w;
}

static enum err method_read(struct str name, enum client_auth_method *out)
{
    static const char *const names[] = {
        [CLIENT_AUTH_BASIC] = "client_secret_basic",
        [CLIENT_AUTH_POST] = "client_secret_post",
        [CLIENT_AUTH_PRIVATE_KEY_JWT] = "private_key_jwt",
        [CLIENT_AUTH_NONE] = "none",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eqz(name, names[i])) {
            *out = (enum client_auth_method)i;
            return OK;
        }
    }
    return fail(ERR_INTERNAL, "client: unknown token_endpoint_auth_method in the stored metadata");
}

static uint8_t level_read(const json_t *metadata, const char *name, uint8_t least, uint8_t most)
{
    int64_t v = least;
    if (!json_member_i64(metadata, name, &v) || v < least) {
        return least;
    }
    return v > most ? most : (uint8_t)v;
}

enum err client_parse_texts(struct str id, const json_t *metadata, struct client *out)
{
    if (!json_is_object(metadata)) {
        return fail(ERR_INTERNAL, "client: the stored metadata are no object");
    }
    *out = (struct client){.id = id, .active = true};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *(struct str *)((char *)out + texts[i].at) = json_member(metadata, texts[i].name);
    }
    return OK;
}

enum err client_parse(struct arena *a, struct str id, const json_t *metadata, struct client *out)
{
    struct client c;
    TRY(client_parse_texts(id, metadata, &c));
    TRY(words_read(a, json_object_get(metadata, "redirect_uris"), &c.redirect_uris));
    TRY(words_read(a, json_object_get(metadata, "post_logout_redirect_uris"),
                   &c.post_logout_redirect_uris));
    TRY(words_read(a, json_object_get(metadata, "grant_types"), &c.grant_types));
    TRY(words_read(a, json_object_get(metadata, "response_types"), &c.response_types));
    TRY(words_read(a, json_object_get(metadata, "default_acr_values"), &c.default_acr_values));
    TRY(words_read(a, json_object_get(metadata, "required_claims"), &c.required_claims));
    TRY(words_read(a, json_object_get(metadata, "voluntary_claims"), &c.voluntary_claims));
    c.claim_purposes = json_object_get(metadata, "claim_purposes");
    c.claim_purposes_vi = json_object_get(metadata, "claim_purposes#vi");
    words_split(a, json_member(metadata, "scope"), &c.scope);
    struct str method = json_member(metadata, "token_endpoint_auth_method");
    TRY(method_read(str_is(method) ? method : STR("client_secret_basic"), &c.auth_method));
    const json_t *jwks = json_object_get(metadata, "jwks");
    c.jwks = jwks == NULL ? STR_NONE : json_text(a, jwks);
    if (!str_is(c.id_token_alg)) {
        c.id_token_alg = STR("ES256");
    }
    c.backchannel_logout_session_required =
        json_is_true(json_object_get(metadata, "backchannel_logout_session_required"));
    c.native = str_eqz(json_member(metadata, "application_type"), "native");
    c.require_pushed =
        json_is_true(json_object_get(metadata, "require_pushed_authorization_requests"));
    c.dpop_bound_access_tokens =
        json_is_true(json_object_get(metadata, "dpop_bound_access_tokens"));
    c.require_pkce = !json_is_true(json_object_get(metadata, "pkce_optional"));
    c.consent_exempt = json_is_true(json_object_get(metadata, "consent_exempt"));
    c.has_default_max_age = json_member_i64(metadata, "default_max_age", &c.default_max_age_s);
    c.account_level_floor = level_read(metadata, "account_level_floor", 0, 2);
    c.authentication_level_floor = level_read(metadata, "authentication_level_floor", 1, 4);
    *out = c;
    return OK;
}

static bool words_have(const struct words *w, struct str one)
{
    for (size_t i = 0; i < w->n; i++) {
        if (str_eq(w->v[i], one)) {
            return true;
        }
    }
    return false;
}

/* http on a loopback address, where an app on the person's device listens. */
static bool loopback_parse(struct str uri, struct url *out)
{
    return url_parse(uri, out) == OK && str_eqz(out->scheme, "http") && out->fragment.p == NULL &&
           (str_eqz(out->host, "127.0.0.1") || str_eqz(out->host, "[::1]"));
}

/* spec: RFC 8252 §7.3 MUST allow any port on loopback addresses: the device gives one out when the
 * app asks; §8.3 the name localhost is not such an address */
static bool differs_in_port_only(struct str registered, struct str uri)
{
    struct url a, b;
    return loopback_parse(registered, &a) && loopback_parse(uri, &b) && str_eq(a.host, b.host) &&
           str_eq(a.path, b.path) && (a.query.p == NULL) == (b.query.p == NULL) &&
           str_eq(a.query, b.query);
}

/* spec: RFC 9700 §2.1:exact authorization servers MUST use exact string matching of redirect URIs,
 * except for the ports of native apps on loopback */
bool client_may_redirect(const struct client *c, struct str uri)
{
    if (!str_is(uri) || words_have(&c->redirect_uris, uri)) {
        return str_is(uri);
    }
    for (size_t i = 0; c->native && i < c->redirect_uris.n; i++) {
        if (differs_in_port_only(c->redirect_uris.v[i], uri)) {
            return true;
        }
    }
    return false;
}

/* spec: RP-Initiated Logout §3:place the value MUST have been previously registered */
bool client_may_post_logout(const struct client *c, struct str uri)
{
    return str_is(uri) && words_have(&c->post_logout_redirect_uris, uri);
}

bool client_has_grant_type(const struct client *c, struct str grant_type)
{
    return words_have(&c->grant_types, grant_type);
}

static struct str in_language(struct str any, struct str vi, bool vietnamese)
{
    return vietnamese && str_is(vi) ? vi : any;
}

struct str client_display_name(const struct client *c, bool vietnamese)
{
    return in_language(c->name, c->name_vi, vietnamese);
}

struct str client_agency(const struct client *c, bool vietnamese)
{
    return in_language(c->agency, c->agency_vi, vietnamese);
}

struct str client_purpose(const struct client *c, bool vietnamese)
{
    return in_language(c->purpose, c->purpose_vi, vietnamese);
}

void client_weaknesses(struct arena *a, const struct client *c, struct words *out)
{
    struct words w = {arena_array(a, 8, sizeof(struct str)), 0};
    if (!c->require_pkce) {
        w.v[w.n++] = STR("pkce_optional");
    }
    if (c->auth_method == CLIENT_AUTH_BASIC) {
        w.v[w.n++] = STR("client_secret_basic");
    }
    if (c->auth_method == CLIENT_AUTH_POST) {
        w.v[w.n++] = STR("client_secret_post");
    }
    if (c->auth_method == CLIENT_AUTH_NONE) {
        w.v[w.n++] = STR("public_client");
    }
    if (str_eq(c->id_token_alg, STR("RS256"))) {
        w.v[w.n++] = STR("id_token_rs256");
    }
    if (!c->require_pushed && words_have(&c->grant_types, STR("authorization_code"))) {
        w.v[w.n++] = STR("requests_not_pushed");
    }
    for (size_t i = 0; i < c->redirect_uris.n; i++) {
        if (str_starts(c->redirect_uris.v[i], STR("http://"))) {
            w.v[w.n++] = STR("http_redirect_uri");
            break;
        }
    }
    if (c->consent_exempt) {
        w.v[w.n++] = STR("consent_exempt");
    }
    *out = w;
}
