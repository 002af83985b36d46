/* A relying party's registration as it is stored and as it is told: names of RFC 7591
 * section 3.2.1. */
#ifndef ADMIN_CLIENT_ANSWER_H
#define ADMIN_CLIENT_ANSWER_H
#include "admin/admin.h"
#include "registration/client.h"
#include "store/client.h"

#define CLIENT_ID_MAX 64

/* Validates metadata and makes the row of them.  `sector`: the one fixed earlier, or absent for a
 * new client.  ignored: members we do not know.  ERR_INPUT with member and cure. */
CHECKED enum err client_row_make(struct call *c, struct str id, const json_t *metadata,
                                 struct str sector, struct client_row *out, struct words *ignored);
/* client_sector.c: the redirect addresses stand in the document behind sector_identifier_uri.  old:
 * what is registered, or NULL.  ERR_INPUT with cause and cure.  Waits for the courier. */
CHECKED enum err client_sector_check(struct call *c, const struct client_row *old,
                                     const struct client_row *row);
/* Tells what was left out: member `ignored` of the answer, when there is anything. */
void client_answer_ignored(json_t *answer, const struct words *ignored);
/* Everything but secrets. */
CHECKED enum err client_answer(struct call *c, const struct client_row *row, json_t **out);
/* A fresh secret: 256 random bits as text, and the hash that is stored. */
struct str client_secret_new(struct arena *a, struct sha256 *hash);
/* Does this client authenticate with a secret? */
CHECKED enum err client_has_secret(struct call *c, const struct client_row *row, bool *out);
/* spec: RFC 7591 §3.2.1 client_secret_expires_at REQUIRED if client_secret is issued */
void client_answer_secret(json_t *answer, struct str secret);

#endif
