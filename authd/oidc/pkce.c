/* RFC 7636.  "plain" does not exist here, and a verifier without a challenge is refused, because
 * that is how a downgrade looks (RFC 9700 §4.8.2). */
#include "oidc/pkce.h"
#include "base/b64.h"
#include "base/ct.h"
#include "base/hash.h"

#define VERIFIER_MIN 43
#define VERIFIER_MAX 128

/* spec: RFC 7636 §4.4.1 MUST return invalid_request */
enum refusal pkce_challenge_check(struct str challenge, struct str method, bool required)
{
    if (!str_is(challenge)) {
        /* spec: RFC 9700 §2.1.1:pkce public clients MUST use PKCE; we demand it of all but a named
         * weakness */
        return required || str_is(method) ? REFUSE_PKCE_MISSING : REFUSE_NOTHING;
    }
    /* spec: RFC 7636 §4.3 the method defaults to plain if not present; plain is refused */
    if (!str_eq(method, STR("S256"))) {
        return REFUSE_PKCE_METHOD;
    }
    uint8_t digest[SHA256_SIZE];
    if (b64_decode_exact(challenge, digest, sizeof(digest)) != OK) {
        return REFUSE_PKCE_CHALLENGE;
    }
    return REFUSE_NOTHING;
}

/* spec: RFC 7636 §4.1 code-verifier = 43*128unreserved */
static bool verifier_ok(struct str v)
{
    if (v.n < VERIFIER_MIN || v.n > VERIFIER_MAX) {
        return false;
    }
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_' || c == '~';
        if (!ok) {
            return false;
        }
    }
    return true;
}

enum refusal pkce_verify(struct str challenge, struct str verifier)
{
    if (!str_is(challenge)) {
        /* spec: RFC 9700 §4.8.2 a code_verifier MUST NOT be accepted without a code_challenge */
        return str_is(verifier) ? REFUSE_VERIFIER_UNASKED : REFUSE_NOTHING;
    }
    if (!str_is(verifier)) {
        return REFUSE_VERIFIER_MISSING;
    }
    if (!verifier_ok(verifier)) {
        return REFUSE_VERIFIER;
    }
    /* spec: RFC 7636 §4.6 BASE64URL-ENCODE(SHA256(ASCII(code_verifier))) == code_challenge; if not,
     * an error response indicating invalid_grant MUST be returned */
    struct sha256 digest = sha256(verifier);
    uint8_t expected[SHA256_SIZE];
    if (b64_decode_exact(challenge, expected, sizeof(expected)) != OK) {
        return REFUSE_VERIFIER;
    }
    return ct_equal(digest.b, expected, sizeof(expected)) ? REFUSE_NOTHING : REFUSE_VERIFIER;
}
