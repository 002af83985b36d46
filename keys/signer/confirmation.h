/* What tokens are bound to: the confirmation (RFC 7800, RFC 9449 section 6) that login proofs,
 * grants and refresh tokens carry, and the one rule of each step of their chain.  Pure; signer and
 * web process judge by the same function, and only the signer's verdict makes a token. */
#ifndef SIGNER_CONFIRMATION_H
#define SIGNER_CONFIRMATION_H
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

#define JKT_SIZE 43 /* base64url of the SHA-256 thumbprint of a key, RFC 7638 */

/* As text:  absent                     nothing is bound, bearer tokens
 *           {"jkt":"…"}                bound to this key, and so is all that comes of it
 *           {"any":true}               bound to the key shown with each request: refresh tokens of
 *                                      clients that authenticate (RFC 9449 section 5)
 *           {"jkt":"…","any":true}     a code bound to this key whose refresh tokens are as above
 */
struct confirmation {
    char jkt[JKT_SIZE + 1]; /* "": no key */
    bool any_key;
};

bool confirmation_binds(const struct confirmation *c);
/* A thumbprint as the wire carries it: 43 characters of canonical base64url. */
bool jkt_is(struct str text);
/* text may be absent; anything but the forms above is ERR_INPUT. */
CHECKED enum err confirmation_read(struct str text, struct confirmation *out);
/* The text; STR_NONE when nothing is bound. */
struct str confirmation_text(struct arena *a, const struct confirmation *c);
/* From what a code or refresh token `holds`, and the key `shown` with the request (its any_key: a
 * client that authenticates), to the confirmation of the access token and of what is issued besides
 * it.  A bound chain stays bound.  ERR_AUTH: it is bound, and no key was shown.  ERR_DENIED:
 * another key. */
CHECKED enum err confirmation_step(const struct confirmation *holds,
                                   const struct confirmation *shown, struct confirmation *token,
                                   struct confirmation *next);
/* May what carries `child` come of what carries `parent`?  Both as text. */
bool confirmation_narrows(struct str parent, struct str child);

#endif
