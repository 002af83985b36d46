/* Registration: every member alone (member.c), then what they mean together, then defaults.  What
 * comes out is stored and shown to the administrator; client_parse reads it back. */
#include "registration/client.h"
#include <string.h>
#include "base/arena.h"
#include "base/url.h"
#include "registration/member.h"

/* Sector of clients that never get a person's token. */
#define SECTOR_NO_PERSON "urn:authd:sector:no-person"

static bool list_has(const json_t *metadata, const char *name, const char *value)
{
    const json_t *list = json_object_get(metadata, name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (str_eqz(str_from(value), json_string_value(json_array_get(list, i)))) {
            return true;
        }
    }
    return false;
}

static void put_default(json_t *metadata, const char *name, json_t *value)
{
    if (json_object_get(metadata, name) == NULL) {
        json_object_set_new(metadata, name, value);
    } else {
        json_decref(value);
    }
}

static void put_defaults(json_t *m)
{
    put_default(m, "grant_types", json_pack("[s]", "authorization_code"));
    bool code = list_has(m, "grant_types", "authorization_code");
    put_default(m, "response_types", code ? json_pack("[s]", "code") : json_array());
    put_default(m, "redirect_uris", json_array());
    put_default(m, "post_logout_redirect_uris", json_array());
    put_default(m, "token_endpoint_auth_method", json_string("client_secret_basic"));
    put_default(m, "application_type", json_string("web"));
    put_default(m, "id_token_signed_response_alg", json_string("ES256"));
    put_default(m, "subject_type", json_string("pairwise"));
    bool refresh = list_has(m, "grant_types", "refresh_token");
    /* The personal number is never in the default: a service that needs it says so. */
    const char *scope = !code     ? ""
                        : refresh ? "openid profile email phone address offline_access"
                                  : "openid profile email phone address";
    put_default(m, "scope", json_string(scope));
}

static enum err grants_check(const json_t *m)
{
    bool code = list_has(m, "grant_types", "authorization_code");
    if (json_array_size(json_object_get(m, "grant_types")) == 0) {
        return fail(ERR_INPUT, "grant_types: must name at least one; authorization_code for login");
    }
    /* spec: RFC 7591 §2.1 grant types and response types MUST NOT be inconsistent */
    if (code != list_has(m, "response_types", "code")) {
        return fail(ERR_INPUT, "response_types: code goes with the grant type authorization_code; "
                               "give both or none");
    }
    if (list_has(m, "grant_types", "refresh_token") && !code) {
        return fail(ERR_INPUT, "grant_types: refresh_token needs authorization_code");
    }
    size_t redirects = json_array_size(json_object_get(m, "redirect_uris"));
    if (code && redirects == 0) {
        return fail(ERR_INPUT, "redirect_uris: authorization_code needs at least one");
    }
    return OK;
}

static enum err keys_check(const json_t *m)
{
    bool jwks = json_object_get(m, "jwks") != NULL;
    bool uri = json_object_get(m, "jwks_uri") != NULL;
    struct str method = json_member(m, "token_endpoint_auth_method");
    /* spec: RFC 7591 §2 jwks_uri and jwks MUST NOT both be present */
    if (jwks && uri) {
        return fail(ERR_INPUT, "jwks, jwks_uri: give one of them, not both");
    }
    if (str_eq(method, STR("private_key_jwt")) && !jwks && !uri) {
        return fail(ERR_INPUT,
                    "token_endpoint_auth_method: private_key_jwt needs jwks (or jwks_uri)");
    }
    if (str_eq(method, STR("none")) && list_has(m, "grant_types", "client_credentials")) {
        /* spec: RFC 6749 §4.4 the client credentials grant MUST only be used by confidential
         * clients */
        return fail(ERR_INPUT, "grant_types: client_credentials needs a client that authenticates; "
                               "token_endpoint_auth_method must not be none");
    }
    if (str_eq(method, STR("none")) && json_is_true(json_object_get(m, "pkce_optional"))) {
        /* spec: RFC 9700 §2.1.1:pkce public clients MUST use PKCE */
        return fail(ERR_INPUT, "pkce_optional: not for public clients; PKCE is all they have");
    }
    return OK;
}

/* The host of an URL in lower case, or the scheme of a private-use URI. */
static struct str sector_of(struct arena *a, struct str uri)
{
    struct url u;
    if (url_parse(uri, &u) != OK) {
        return str_of(uri.p, str_find(uri, ':'));
    }
    char *host = str_z(a, u.host);
    for (size_t i = 0; i < u.host.n; i++) {
        if (host[i] >= 'A' && host[i] <= 'Z') {
            host[i] = (char)(host[i] - 'A' + 'a');
        }
    }
    return str_of(host, u.host.n);
}

static enum err redirects_check(struct arena *a, const struct config *config, const json_t *m,
                                struct str *sector)
{
    bool native = str_eq(json_member(m, "application_type"), STR("native"));
    const json_t *uris = json_object_get(m, "redirect_uris");
    struct str sector_uri = json_member(m, "sector_identifier_uri");
    struct str found = str_is(sector_uri) ? sector_of(a, sector_uri) : STR_NONE;
    for (size_t i = 0; i < json_array_size(uris); i++) {
        const json_t *v = json_array_get(uris, i);
        struct str uri = str_of(json_string_value(v), json_string_length(v));
        TRY(member_url_check(config, "redirect_uris", uri, native));
        struct str one = sector_of(a, uri);
        /* spec: OpenID Core §8.1:hosts with several hosts, the client MUST register a
         * sector_identifier_uri */
        if (!str_is(sector_uri) && str_is(found) && !str_eq(found, one)) {
            return fail(ERR_INPUT,
                        "redirect_uris: several hosts need a sector_identifier_uri, which "
                        "says under whose name people are known");
        }
        found = str_is(found) ? found : one;
    }
    *sector = str_is(found) ? found : STR(SECTOR_NO_PERSON);
    return OK;
}

static enum err acr_check(const json_t *m)
{
    const json_t *list = json_object_get(m, "default_acr_values");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct str v = str_from(json_string_value(json_array_get(list, i)));
        struct str head = STR("urn:authd:acr:");
        bool ok = str_starts(v, head) && v.n == head.n + 3 && v.p[head.n] >= '0' &&
                  v.p[head.n] <= '2' && v.p[head.n + 1] == ':' && v.p[head.n + 2] >= '1' &&
                  v.p[head.n + 2] <= '4';
        if (!ok) {
            return fail(ERR_INPUT, "default_acr_values: urn:authd:acr:<account level 0-2>:"
                                   "<authentication level 1-4>");
        }
    }
    return OK;
}

/* A purpose is of a claim there is, or of a scope the client is registered for. */
static enum err purposes_check(struct arena *a, const struct config *config, const json_t *m,
                               const char *member)
{
    const char *name;
    json_t *text;
    json_object_foreach(json_object_get(m, member), name, text)
    {
        const json_t *claim = json_own(a, json_pack("[s]", name));
        if (!str_words_have(json_member(m, "scope"), str_from(name)) &&
            member_check(config, "required_claims", claim) != OK) {
            return fail(ERR_INPUT, "%s: %s is neither a claim (docs/claims.md) nor in scope",
                        member, name);
        }
    }
    return OK;
}

/* Law 91/2025/QH15: who asks nobody must be able to say which law allows that. */
static enum err consent_check(struct arena *a, const struct config *config, const json_t *m)
{
    if (json_is_true(json_object_get(m, "consent_exempt")) &&
        !str_is(str_trim(json_member(m, "legal_ground")))) {
        return fail(ERR_INPUT, "legal_ground: consent_exempt needs it: name the law and article "
                               "that exempt this service from asking");
    }
    const json_t *required = json_object_get(m, "required_claims");
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        if (list_has(m, "voluntary_claims", name)) {
            return fail(ERR_INPUT, "required_claims, voluntary_claims: %s can't be both", name);
        }
    }
    TRY(purposes_check(a, config, m, "claim_purposes"));
    return purposes_check(a, config, m, "claim_purposes#vi");
}

/* Takes out what we do not know, and says so.
 * spec: RFC 7591 §2 the authorization server MUST ignore any client metadata it does not understand
 */
static void leave_out_unknown(struct arena *a, json_t *m, struct words *ignored)
{
    *ignored = (struct words){.v = arena_array(a, json_object_size(m) + 1, sizeof *ignored->v)};
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(m, next, name, value)
    {
        if (!member_known(name)) {
            ignored->v[ignored->n++] = str_dup(a, str_from(name));
            json_object_del(m, name);
        }
    }
}

/* spec: RFC 7591 §3.2.1 the server MAY replace requested values, and MUST return what it registered
 */
static void replace_unsupported(json_t *m)
{
    if (str_eq(json_member(m, "subject_type"), STR("public"))) {
        json_object_set_new(m, "subject_type", json_string("pairwise"));
    }
}

enum err client_validate(struct arena *a, const struct config *config, const json_t *metadata,
                         json_t **normalised, struct str *sector, struct words *ignored)
{
    if (!json_is_object(metadata)) {
        return fail(ERR_INPUT, "client metadata: must be a JSON object");
    }
    json_t *m = json_own(a, json_deep_copy(metadata));
    struct words left_out;
    leave_out_unknown(a, m, &left_out);
    replace_unsupported(m);
    const char *name;
    json_t *value;
    json_object_foreach(m, name, value)
    {
        TRY(member_check(config, name, value));
    }
    put_defaults(m);
    TRY(grants_check(m));
    TRY(keys_check(m));
    TRY(acr_check(m));
    TRY(consent_check(a, config, m));
    struct str found;
    TRY(redirects_check(a, config, m, &found));
    /* People read a name when they agree: the host's, when none was given. */
    put_default(m, "client_name", json_str(found));
    *normalised = m;
    *sector = found;
    *ignored = left_out;
    return OK;
}
