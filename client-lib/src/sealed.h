/* Texts sealed with the handle's transaction key, for places others can read: a browser's cookie, a
 * session store. */
#ifndef LIBEID_SEALED_H
#define LIBEID_SEALED_H
#include "libeid/state.h"

/* How long the sealed form of n bytes is. */
size_t sealed_size(size_t n);
/* AES-256-GCM under the newest key, base64url.  label: what it is and whom it is for; the same
 * opens it. */
enum eid_code sealed_make(struct work *w, const struct eid_client *c, struct str label,
                          struct str text, struct str *out);
/* An object that was sealed so, with any generation of the key.  EID_TRANSACTION_FORGED. */
enum eid_code sealed_open(struct work *w, const struct eid_client *c, struct str label,
                          struct str sealed, json_t **out, size_t *generation);

#endif
