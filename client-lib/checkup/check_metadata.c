/* Discovery: is the metadata there, is it this issuer's, and does it name what is required?
 * (OpenID Connect Discovery 1.0 section 3, RFC 8414, RFC 9207). */
#include <string.h>
#include "base/buf.h"
#include "checkup/doctor.h"

const char *doctor_endpoint(const struct doctor *d, const char *name)
{
    struct str value = json_member(d->metadata, name);
    return str_is(value) ? str_z(d->arena, value) : NULL;
}

bool doctor_offers(const struct doctor *d, const char *list, struct str word, bool *told)
{
    const json_t *all = json_object_get(d->metadata, list);
    size_t i;
    json_t *one;
    *told = json_is_array(all);
    json_array_foreach((json_t *)(uintptr_t)all, i, one)
    {
        const char *text = json_string_value(one);
        if (text != NULL && str_eqz(word, text)) {
            return true;
        }
    }
    return false;
}

const char *doctor_list(const struct doctor *d, const char *list)
{
    const json_t *all = json_object_get(d->metadata, list);
    struct buf b = buf_in(d->arena);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const char *text = json_string_value(json_array_get(all, i));
        buf_fmt(&b, "%s%s", i > 0 ? " " : "", text != NULL ? text : "?");
    }
    return buf_z(&b);
}

static bool judge_answer(struct doctor *d, const struct seen *s)
{
    json_t *metadata = NULL;
    if (s->status >= 300 && s->status < 400) {
        report_add(d->report, FAILED, "metadata",
                   "ISSUER is the address that answers itself, without a redirect",
                   "%s redirects to %.*s", s->url, STR_FMT(web_header(s, "Location")));
        return false;
    }
    if (s->status == 421) {
        report_add(d->report, FAILED, "metadata", "call the provider by the issuer's own name",
                   "%s: the server is not called that (421)", s->url);
        return false;
    }
    if (s->status != 200) {
        report_add(d->report, FAILED, "metadata",
                   s->status >= 500 ? "the provider has a problem: later, or ask its operator"
                                    : "is ISSUER the provider's issuer, with its path?",
                   "%s: status %d", s->url, s->status);
        return false;
    }
    if (s->too_large || json_read_in(d->arena, s->body, &metadata) != OK ||
        !json_is_object(metadata)) {
        report_add(d->report, FAILED, "metadata",
                   "is ISSUER an OpenID provider? a proxy or a login page may answer in its place",
                   "%s is not JSON metadata (%.*s): %s", s->url,
                   STR_FMT(web_header(s, "Content-Type")),
                   s->too_large ? "it is too large" : err_reason());
        return false;
    }
    d->metadata = metadata;
    return true;
}

/* spec: OpenID Discovery §4.3:party MUST be identical to the issuer the metadata was asked for */
static bool judge_issuer(struct doctor *d)
{
    const char *mine = doctor_setting(d, ISSUER);
    const char *named = doctor_endpoint(d, "issuer");
    if (named == NULL || strcmp(named, mine) != 0) {
        report_add(d->report, FAILED, "issuer",
                   "set ISSUER exactly so, to the last letter and slash",
                   "the provider calls itself \"%s\", ISSUER says \"%s\"",
                   named != NULL ? named : "(nothing)", mine);
        return false;
    }
    report_add(d->report, GOOD, "issuer", NULL, "%s", named);
    return true;
}

/* spec: OpenID Discovery §3:party what is REQUIRED, for the code flow */
static bool judge_members(struct doctor *d)
{
    static const char *const endpoints[] = {"authorization_endpoint", "token_endpoint", "jwks_uri"};
    static const char *const lists[] = {"response_types_supported", "subject_types_supported",
                                        "id_token_signing_alg_values_supported"};
    static const char *const others[] = {
        "userinfo_endpoint",   "end_session_endpoint", "introspection_endpoint",
        "revocation_endpoint", "signed_jwks_uri",      "pushed_authorization_request_endpoint"};
    struct buf missing = buf_in(d->arena);
    struct buf open = buf_in(d->arena);
    for (size_t i = 0; i < 3; i++) {
        if (doctor_endpoint(d, endpoints[i]) == NULL) {
            buf_fmt(&missing, " %s", endpoints[i]);
        } else if (!doctor_is_secure(doctor_endpoint(d, endpoints[i]))) {
            buf_fmt(&open, " %s", endpoints[i]);
        }
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (doctor_endpoint(d, others[i]) != NULL &&
            !doctor_is_secure(doctor_endpoint(d, others[i]))) {
            buf_fmt(&open, " %s", others[i]);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        if (!json_is_array(json_object_get(d->metadata, lists[i]))) {
            buf_fmt(&missing, " %s", lists[i]);
        }
    }
    if (missing.n > 0) {
        report_add(d->report, FAILED, "metadata", "the provider's operator must add them",
                   "lacks what is required:%s", buf_z(&missing));
    }
    if (open.n > 0) {
        report_add(d->report, FAILED, "endpoints",
                   "the provider's operator: a proxy in front that the provider does not know of?",
                   "are not https:%s", buf_z(&open));
    }
    return missing.n == 0 && open.n == 0;
}

static void judge_flow(struct doctor *d)
{
    bool told;
    if (!doctor_offers(d, "response_types_supported", STR("code"), &told)) {
        report_add(d->report, FAILED, "code flow", "another provider, or ask its operator",
                   "response_types_supported (%s) lacks code",
                   doctor_list(d, "response_types_supported"));
    }
    bool pkce = doctor_offers(d, "code_challenge_methods_supported", STR("S256"), &told);
    if (!pkce && told) {
        report_add(d->report, FAILED, "PKCE", "the provider's operator must switch S256 on",
                   "code_challenge_methods_supported (%s) lacks S256",
                   doctor_list(d, "code_challenge_methods_supported"));
    } else {
        report_add(d->report, pkce ? GOOD : NOT_OFFERED, "PKCE", NULL,
                   pkce ? "S256" : "not announced; sent all the same, it does no harm");
    }
    bool iss = json_is_true(
        json_object_get(d->metadata, "authorization_response_iss_parameter_supported"));
    report_add(d->report, iss ? GOOD : NOT_OFFERED, "issuer in answers", NULL,
               iss ? "announced, so it is demanded (RFC 9207)"
                   : "RFC 9207 is not announced: use one redirect URI for each provider");
}

bool check_metadata(struct doctor *d)
{
    if (!judge_answer(d, d->metadata_answer)) {
        return false;
    }
    bool good = judge_issuer(d);
    good = judge_members(d) && good;
    if (good) {
        report_add(d->report, GOOD, "metadata", NULL, "complete, every endpoint is https%s",
                   d->metadata_answer->tls.version == NULL ? " or loopback" : "");
        judge_flow(d);
    }
    return good;
}
