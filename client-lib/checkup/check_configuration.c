/* The settings alone, before anything is sent: forms, files, and whether libeid takes them. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/url.h"
#include "checkup/doctor.h"

#define KEY_MAX 16384
#define SECRET_MAX 1024

const char *doctor_setting(const struct doctor *d, enum setting which)
{
    return d->settings.value[which];
}

bool doctor_is_secure(const char *url)
{
    struct url u;
    return url_parse(str_from(url), &u) == OK &&
           (str_eq(u.scheme, STR("https")) ||
            (str_eq(u.scheme, STR("http")) && url_is_loopback(&u)));
}

/* NULL: not readable, and that was reported.  What only this service may read is said so. */
static char *read_secret_file(struct doctor *d, enum setting which, const char *check, size_t max)
{
    const char *file = doctor_setting(d, which);
    struct stat st;
    char *text = arena_alloc(d->arena, max + 1);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, max) : -1;
    if (n < 0 || fstat(fd, &st) != 0) {
        report_add(d->report, FAILED, check, "give the path of a file this user can read",
                   "%s %s: %s", setting_name(which), file, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    close(fd);
    if (n == 0) {
        report_add(d->report, FAILED, check, "write it there, or give another path",
                   "%s %s is empty", setting_name(which), file);
        return NULL;
    }
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        report_add(d->report, WARNING, check,
                   str_fmt(d->arena, "chmod 600 %s (and its owner: the portal's user)", file).p,
                   "%s %s can be read by others (mode %03o)", setting_name(which), file,
                   (unsigned)(st.st_mode & 0777));
    }
    return text;
}

static void judge_secret(struct doctor *d)
{
    const char *secret = doctor_setting(d, CLIENT_SECRET);
    if (doctor_setting(d, CLIENT_SECRET_FILE) != NULL) {
        char *text = read_secret_file(d, CLIENT_SECRET_FILE, "client secret", SECRET_MAX);
        if (text == NULL) {
            return;
        }
        text[strcspn(text, "\n")] = '\0';
        secret = text;
        d->settings.value[CLIENT_SECRET] = text;
    }
    if (secret == NULL) {
        return;
    }
    report_hide(d->report, secret);
    size_t n = strlen(secret);
    bool quoted = n > 1 && (secret[0] == '"' || secret[0] == '\'') && secret[n - 1] == secret[0];
    if (n > 0 && (secret[0] == ' ' || strchr(" \t\r", secret[n - 1]) != NULL)) {
        report_add(d->report, WARNING, "client secret",
                   "write it without blanks and with a plain line end (no carriage return)",
                   "begins or ends with a blank or carriage return, which is sent, too");
    } else if (quoted) {
        report_add(d->report, WARNING, "client secret", "take the quotation marks away",
                   "stands in quotation marks, which are sent, too");
    } else {
        report_add(d->report, GOOD, "client secret", NULL, "given");
    }
}

static void judge_key(struct doctor *d)
{
    struct eid_error err = {.code = EID_OK};
    char *jwks = NULL;
    if (doctor_setting(d, CLIENT_KEY_FILE) == NULL) {
        return;
    }
    d->key_text = read_secret_file(d, CLIENT_KEY_FILE, "client key", KEY_MAX);
    if (d->key_text == NULL) {
        return;
    }
    const char *key = d->key_text;
    if (eid_key_public_jwks(&key, 1, &jwks, &err) != EID_OK) {
        report_add(d->report, FAILED, "client key",
                   "a private key that is not encrypted, PEM (PKCS#8) or JWK: EC P-256, Ed25519 "
                   "or RSA of 2048 to 4096 bits",
                   "%s: %s", doctor_setting(d, CLIENT_KEY_FILE), err.detail);
        d->key_text = NULL;
        return;
    }
    json_t *set = NULL;
    if (json_read_in(d->arena, str_from(jwks), &set) == OK) {
        const json_t *jwk = json_array_get(json_object_get(set, "keys"), 0);
        report_add(d->report, GOOD, "client key", NULL, "%.*s, kid %.*s",
                   STR_FMT(json_member(jwk, "alg")), STR_FMT(json_member(jwk, "kid")));
    }
    eid_text_free(jwks);
}

static void judge_authorities(struct doctor *d)
{
    const char *file = doctor_setting(d, CA_FILE);
    size_t n = 0;
    size_t expired = 0;
    if (file == NULL) {
        return;
    }
    FILE *f = fopen(file, "re");
    X509 *one = NULL;
    while (f != NULL && (one = PEM_read_X509(f, NULL, NULL, NULL)) != NULL) {
        n++;
        expired += X509_cmp_current_time(X509_get0_notAfter(one)) < 0 ? 1 : 0;
        X509_free(one);
    }
    if (f == NULL || n == 0) {
        report_add(d->report, FAILED, "authorities", "a PEM file of trusted authorities",
                   "CA_FILE %s: %s", file, f == NULL ? strerror(errno) : "holds no certificate");
    } else if (expired > 0) {
        report_add(d->report, WARNING, "authorities", "get the authority's present certificate",
                   "CA_FILE %s: %zu of %zu certificates have expired", file, expired, n);
    } else {
        report_add(d->report, GOOD, "authorities", NULL, "%zu in %s", n, file);
    }
    if (f != NULL) {
        fclose(f);
    }
}

/* spec: RFC 6749 §3.1.2:client absolute, without a fragment; RFC 9700 §2.6 https */
static void judge_redirect(struct doctor *d)
{
    const char *uri = doctor_setting(d, REDIRECT_URI);
    struct url u;
    if (uri == NULL) {
        report_add(d->report, FAILED, "redirect URI", "set REDIRECT_URI or BASE_URL", "is missing");
    } else if (url_parse(str_from(uri), &u) != OK) {
        report_add(d->report, FAILED, "redirect URI",
                   "write it as registered: scheme, host, path; ASCII without blanks",
                   "\"%.200s\" is no URL: %s", uri, err_reason());
    } else if (u.fragment.p != NULL) {
        report_add(d->report, FAILED, "redirect URI", "take # and what follows away",
                   "\"%.200s\" has a fragment, which providers refuse", uri);
    } else if (!doctor_is_secure(uri)) {
        report_add(d->report, FAILED, "redirect URI",
                   "https; behind a proxy the portal's own address is the proxy's: set BASE_URL",
                   "\"%.200s\" is not https: the code would travel in clear", uri);
    } else {
        report_add(d->report, GOOD, "redirect URI", NULL, "%s", uri);
    }
}

static void judge_names(struct doctor *d)
{
    if (d->settings.mistyped.n > 0) {
        report_add(d->report, WARNING, "settings", "correct the names; --help lists them",
                   "names that look mistyped: %.*s", STR_FMT(d->settings.mistyped));
    }
    if (d->settings.unknown.n > 0) {
        report_add(d->report, NOT_OFFERED, "settings", NULL, "not looked at: %.*s",
                   STR_FMT(d->settings.unknown));
    }
}

static bool set_all(struct doctor *d, struct eid_client *c, const char *token_auth,
                    struct eid_error *err)
{
    static const struct {
        enum eid_option option;
        enum setting setting;
    } options[] = {{EID_CA_FILE, CA_FILE},
                   {EID_SCOPE, SCOPE},
                   {EID_ACR_VALUES, ACR_VALUES},
                   {EID_TOKEN_AUTH, TOKEN_AUTH},
                   {EID_ID_TOKEN_ALG, ID_TOKEN_ALG},
                   {EID_PAR, PAR},
                   {EID_DPOP, DPOP},
                   {EID_TIMEOUT_MS, TIMEOUT_MS},
                   {EID_SKEW_S, SKEW_S},
                   {EID_POST_LOGOUT_URI, POST_LOGOUT_URI}};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const char *value = doctor_setting(d, options[i].setting);
        if (value != NULL && eid_client_set(c, options[i].option, value, err) != EID_OK) {
            d->refused = setting_name(options[i].setting);
            return false;
        }
    }
    const char *root = doctor_setting(d, ROOT_JWK);
    d->refused = "ROOT_JWK";
    return (d->key_text == NULL || eid_client_set_key(c, d->key_text, err) == EID_OK) &&
           (token_auth == NULL || eid_client_set(c, EID_TOKEN_AUTH, token_auth, err) == EID_OK) &&
           (root == NULL || eid_client_pin_root(c, root, err) == EID_OK);
}

bool doctor_client_new(struct doctor *d, const char *token_auth, struct eid_client **out,
                       struct eid_error *err)
{
    struct eid_client *c = NULL;
    d->refused = "ISSUER, CLIENT_ID";
    if (eid_client_new(doctor_setting(d, ISSUER), doctor_setting(d, CLIENT_ID),
                       doctor_setting(d, CLIENT_SECRET), doctor_setting(d, REDIRECT_URI), &c,
                       err) != EID_OK) {
        return false;
    }
    if (!set_all(d, c, token_auth, err)) {
        eid_client_free(c);
        return false;
    }
    eid_client_set_transport(c, web_transport, &d->web);
    *out = c;
    return true;
}

static const char *method_words(const struct doctor *d)
{
    const char *set = doctor_setting(d, TOKEN_AUTH);
    return set != NULL           ? set
           : d->key_text != NULL ? "private_key_jwt"
           : doctor_setting(d, CLIENT_SECRET) != NULL
               ? "client secret"
               : "none: a public client, which anybody can pretend to be";
}

bool check_configuration(struct doctor *d)
{
    static const enum setting needed[] = {ISSUER, CLIENT_ID};
    struct eid_error err = {.code = EID_OK};
    judge_names(d);
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (doctor_setting(d, needed[i]) == NULL) {
            report_add(d->report, FAILED, "settings",
                       "give it in the file, the environment or as an argument; see --help",
                       "%s is missing", setting_name(needed[i]));
        }
    }
    judge_redirect(d);
    judge_secret(d);
    judge_key(d);
    judge_authorities(d);
    if (report_count(d->report, FAILED) > 0) {
        return false;
    }
    if (!doctor_client_new(d, NULL, &d->client, &err)) {
        report_add(d->report, FAILED, "settings", "correct it; --help lists what it may be",
                   "%s: %s", d->refused, err.detail);
        return false;
    }
    report_add(d->report, GOOD, "settings", NULL, "client \"%s\" at %s; authentication: %s",
               doctor_setting(d, CLIENT_ID), doctor_setting(d, ISSUER), method_words(d));
    return true;
}
