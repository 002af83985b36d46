/* Each member of client metadata alone: RFC 7591 §2, OpenID Dynamic Client Registration §2,
 * RP-Initiated Logout §3.1, Back-Channel Logout §2.2, RFC 9126 §6, RFC 9449 §5.2 and our extensions.  A name that
 * is not in the table is left out and reported, so that a typing error is seen. */
#include "registration/member.h"
#include "base/arena.h"
#include "base/url.h"
#include "jose/jwks.h"
#include "registration/logo.h"

enum shape {
    SHAPE_TEXT,
    SHAPE_URL,
    SHAPE_REDIRECTS, /* judged with the application type by client_validate.c */
    SHAPE_URLS,
    SHAPE_WORDS, /* array of values of a closed list */
    SHAPE_WORD,  /* one value of a closed list */
    SHAPE_SCOPE,
    SHAPE_FLAG,
    SHAPE_NUMBER,
    SHAPE_KEYS,
    SHAPE_TEXTS,
    SHAPE_PURPOSES, /* object of texts, by claim or scope */
    SHAPE_LOGO      /* name of a stored picture; the data have been taken out before */
};

/* docs/claims.md; tests/unit/oidc holds it against the table of claims. */
#define CLAIM_NAMES                                                                                \
    "name family_name middle_name given_name gender birthdate locale zoneinfo updated_at email "   \
    "email_verified phone_number phone_number_verified address urn:authd:province "                \
    "urn:authd:personal_number urn:authd:organisation_code urn:authd:organisation_name"

struct member {
    const char *name;
    enum shape shape;
    const char *closed; /* closed list, space separated */
    int64_t min, max;   /* of numbers; of texts the greatest length */
};

static const struct member members[] = {
    {"client_name", SHAPE_TEXT, NULL, 1, 200},
    {"client_name#vi", SHAPE_TEXT, NULL, 1, 200},
    {"client_uri", SHAPE_URL, NULL, 0, 0},
    {"logo_uri", SHAPE_URL, NULL, 0, 0},
    {"policy_uri", SHAPE_URL, NULL, 0, 0},
    {"tos_uri", SHAPE_URL, NULL, 0, 0},
    {"agency", SHAPE_TEXT, NULL, 1, 200},
    {"agency#vi", SHAPE_TEXT, NULL, 1, 200},
    {"purpose", SHAPE_TEXT, NULL, 1, 500},
    {"purpose#vi", SHAPE_TEXT, NULL, 1, 500},
    {"contacts", SHAPE_TEXTS, NULL, 1, 200},
    {"redirect_uris", SHAPE_REDIRECTS, NULL, 0, 0},
    {"post_logout_redirect_uris", SHAPE_URLS, NULL, 0, 0},
    {"grant_types", SHAPE_WORDS, "authorization_code refresh_token client_credentials", 0, 0},
    {"response_types", SHAPE_WORDS, "code", 0, 0},
    {"scope", SHAPE_SCOPE, NULL, 0, 1000},
    {"token_endpoint_auth_method", SHAPE_WORD,
     "client_secret_basic client_secret_post private_key_jwt none", 0, 0},
    {"jwks", SHAPE_KEYS, NULL, 0, 0},
    {"jwks_uri", SHAPE_URL, NULL, 0, 0},
    {"id_token_signed_response_alg", SHAPE_WORD, "ES256 EdDSA PS256 RS256", 0, 0},
    {"subject_type", SHAPE_WORD, "pairwise", 0, 0},
    {"sector_identifier_uri", SHAPE_URL, NULL, 0, 0},
    {"application_type", SHAPE_WORD, "web native", 0, 0},
    {"default_max_age", SHAPE_NUMBER, NULL, 0, 366LL * 86400},
    {"default_acr_values", SHAPE_TEXTS, NULL, 1, 100},
    {"backchannel_logout_uri", SHAPE_URL, NULL, 0, 0},
    {"backchannel_logout_session_required", SHAPE_FLAG, NULL, 0, 0},
    {"require_pushed_authorization_requests", SHAPE_FLAG, NULL, 0, 0},
    {"dpop_bound_access_tokens", SHAPE_FLAG, NULL, 0, 0},
    /* ours */
    {"pkce_optional", SHAPE_FLAG, NULL, 0, 0},
    {"consent_exempt", SHAPE_FLAG, NULL, 0, 0},
    {"legal_ground", SHAPE_TEXT, NULL, 1, 500},
    {"logo", SHAPE_LOGO, NULL, 0, 0},
    {"claim_purposes", SHAPE_PURPOSES, NULL, 3, 300},
    {"claim_purposes#vi", SHAPE_PURPOSES, NULL, 3, 300},
    {"required_claims", SHAPE_WORDS, CLAIM_NAMES, 0, 0},
    {"voluntary_claims", SHAPE_WORDS, CLAIM_NAMES, 0, 0},
    {"account_level_floor", SHAPE_NUMBER, NULL, 0, 2},
    {"authentication_level_floor", SHAPE_NUMBER, NULL, 1, 4},
};

#define TEXTS_MAX 32

static const struct member *member_find(const char *name)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (str_eqz(str_from(name), members[i].name)) {
            return &members[i];
        }
    }
    return NULL;
}

static enum err text_check(const struct member *m, const json_t *v)
{
    struct str s = str_of(json_string_value(v), json_string_length(v));
    if (!json_is_string(v) || s.n < (size_t)m->min || s.n > (size_t)m->max) {
        return fail(ERR_INPUT, "%s: must be a text of %d to %d bytes", m->name, (int)m->min,
                    (int)m->max);
    }
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F) {
            return fail(ERR_INPUT, "%s: must not hold control characters", m->name);
        }
    }
    return OK;
}

static enum err word_check(const struct member *m, const json_t *v)
{
    struct str s = str_of(json_string_value(v), json_string_length(v));
    if (!json_is_string(v) || !str_words_have(str_from(m->closed), s)) {
        return fail(ERR_INPUT, "%s: only these values are supported: %s", m->name, m->closed);
    }
    return OK;
}

/* spec: RFC 6749 §3.3 scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
static enum err scope_check(const struct member *m, const json_t *v)
{
    struct str s = str_of(json_string_value(v), json_string_length(v));
    if (!json_is_string(v) || s.n > (size_t)m->max) {
        return fail(ERR_INPUT, "%s: must be one text of space separated names", m->name);
    }
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\') {
            return fail(ERR_INPUT, "%s: visible ASCII without quote and backslash only", m->name);
        }
    }
    return OK;
}

static bool scheme_is_private(struct str uri, struct str *scheme)
{
    *scheme = str_of(uri.p, str_find(uri, ':'));
    if (scheme->n == uri.n || !str_has_byte(*scheme, '.')) {
        return false;
    }
    for (size_t i = 0; i < uri.n; i++) {
        if (uri.p[i] <= ' ' || uri.p[i] > '~' || uri.p[i] == '"' || uri.p[i] == '<' ||
            uri.p[i] == '>' || uri.p[i] == '\\') {
            return false;
        }
    }
    for (size_t i = 0; i < scheme->n; i++) {
        char c = scheme->p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-')) {
            return false;
        }
    }
    return str_starts(str_of(uri.p + scheme->n, uri.n - scheme->n), STR(":/"));
}

/* spec: Back-Channel Logout §2.2 an absolute URI, https, without fragment */
enum err member_url_check(const struct config *config, const char *what, struct str url,
                          bool native)
{
    /* spec: RFC 6749 §3.1.2:fragment the redirection endpoint URI MUST NOT include a fragment
     * component */
    if (str_has_byte(url, '#')) {
        return fail(ERR_INPUT, "%s: must not hold a fragment; remove '#' and what follows", what);
    }
    if (str_has_byte(url, '*')) {
        return fail(ERR_INPUT, "%s: no wildcards; register every address in full", what);
    }
    if (url.n > 1000) {
        return fail(ERR_INPUT, "%s: longer than 1000 bytes", what);
    }
    struct str scheme;
    /* spec: RFC 8252 §7.1 private-use schemes are reverse domain names */
    if (native && scheme_is_private(url, &scheme)) {
        return OK;
    }
    struct url u;
    if (url_parse(url, &u) != OK) {
        return fail(ERR_INPUT, "%s: not an absolute URL like https://portal.example/callback",
                    what);
    }
    if (str_eq(u.scheme, STR("https"))) {
        return OK;
    }
    if (!str_eq(u.scheme, STR("http"))) {
        return fail(ERR_INPUT,
                    "%s: use https; private schemes (com.example.app:/cb) need application_type "
                    "native",
                    what);
    }
    if (!url_is_loopback(&u)) {
        return fail(ERR_INPUT, "%s: http would show codes to everybody on the way; use https",
                    what);
    }
    if (!config->allow_http_loopback_redirects && !native) {
        return fail(ERR_INPUT,
                    "%s: http on loopback is for development; use https, or set "
                    "development.http_loopback_redirects",
                    what);
    }
    return OK;
}

static enum err keys_check(const json_t *v)
{
    struct jwks *set = NULL;
    const json_t *keys = json_object_get(v, "keys");
    for (size_t i = 0; i < json_array_size(keys); i++) {
        struct jwk *k = NULL;
        enum err e = jwk_read(json_array_get(keys, i), ALG_PS256, &k);
        jwk_free(k);
        if (e == ERR_DENIED) {
            return fail(ERR_INPUT, "jwks: holds a private key, which is burnt now; make a new pair "
                                   "and register the public part only");
        }
    }
    if (jwks_read_json(v, ALG_PS256, &set) != OK) {
        return fail(ERR_INPUT, "jwks: must be an object with an array keys (RFC 7517)");
    }
    size_t n = jwks_count(set);
    jwks_free(set);
    if (n == 0) {
        return fail(ERR_INPUT,
                    "jwks: holds no usable key; EC P-256, Ed25519 or RSA of 2048 to 4096 "
                    "bits with use sig");
    }
    return OK;
}

static enum err list_check(const struct config *config, const struct member *m, const json_t *v)
{
    if (!json_is_array(v) || json_array_size(v) > TEXTS_MAX) {
        return fail(ERR_INPUT, "%s: must be an array of at most %d texts", m->name, TEXTS_MAX);
    }
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *one = json_array_get(v, i);
        struct str s = str_of(json_string_value(one), json_string_length(one));
        if (!json_is_string(one)) {
            return fail(ERR_INPUT, "%s: must be an array of texts", m->name);
        }
        if (m->shape == SHAPE_WORDS) {
            TRY(word_check(m, one));
        } else if (m->shape == SHAPE_TEXTS) {
            TRY(text_check(m, one));
        } else if (m->shape == SHAPE_URLS) {
            TRY(member_url_check(config, m->name, s, true));
        }
    }
    return OK;
}

/* Each text alone; that its name is one the client may ask for is client_validate.c's. */
static enum err purposes_check(const struct member *m, const json_t *v)
{
    if (!json_is_object(v) || json_object_size(v) > TEXTS_MAX) {
        return fail(ERR_INPUT, "%s: must be an object of at most %d texts, by claim or scope",
                    m->name, TEXTS_MAX);
    }
    const char *name;
    json_t *text;
    json_object_foreach((json_t *)(uintptr_t)v, name, text)
    {
        TRY(text_check(m, text));
    }
    return OK;
}

static enum err shape_check(const struct config *config, const struct member *m, const json_t *v)
{
    switch (m->shape) {
    case SHAPE_TEXT:
        return text_check(m, v);
    case SHAPE_URL:
        if (!json_is_string(v)) {
            return fail(ERR_INPUT, "%s: must be an URL", m->name);
        }
        return member_url_check(config, m->name,
                                str_of(json_string_value(v), json_string_length(v)), false);
    case SHAPE_REDIRECTS:
    case SHAPE_URLS:
    case SHAPE_WORDS:
    case SHAPE_TEXTS:
        return list_check(config, m, v);
    case SHAPE_WORD:
        return word_check(m, v);
    case SHAPE_SCOPE:
        return scope_check(m, v);
    case SHAPE_FLAG:
        return json_is_boolean(v) ? OK : fail(ERR_INPUT, "%s: must be true or false", m->name);
    case SHAPE_NUMBER:
        if (!json_is_integer(v) || json_integer_value(v) < m->min ||
            json_integer_value(v) > m->max) {
            return fail(ERR_INPUT, "%s: must be a whole number from %lld to %lld", m->name,
                        (long long)m->min, (long long)m->max);
        }
        return OK;
    case SHAPE_KEYS:
        return keys_check(v);
    case SHAPE_PURPOSES:
        return purposes_check(m, v);
    case SHAPE_LOGO:
        return logo_type_of_name(str_from(json_string_value(v))) != NULL
                   ? OK
                   : fail(ERR_INPUT, "logo: base64 of a PNG, JPEG or WebP picture of at most "
                                     "32 KiB");
    }
    bug("registration: shape %d", (int)m->shape);
}

bool member_known(const char *name)
{
    return member_find(name) != NULL;
}

enum err member_check(const struct config *config, const char *name, const json_t *value)
{
    const struct member *m = member_find(name);
    if (m == NULL) {
        return fail(ERR_INPUT, "%s: not a member we know; see docs/clients.md for the list", name);
    }
    return shape_check(config, m, value);
}
