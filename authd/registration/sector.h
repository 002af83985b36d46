/* The document behind a sector_identifier_uri: OpenID Dynamic Client Registration section 5.  Pure;
 * the courier fetches it (courier/sector_document.c), the admin process judges by it. */
#ifndef REGISTRATION_SECTOR_H
#define REGISTRATION_SECTOR_H
#include "base/json.h"

#define SECTOR_URIS_MAX 1000

/* A JSON array of texts and nothing else.  ERR_INPUT with the cause. */
CHECKED enum err sector_document_read(struct arena *a, struct str text, json_t **out);
/* Do all of redirect_uris (an array of texts) stand in the document, character by character?
 * ERR_INPUT names the first that does not, and the cure. */
CHECKED enum err sector_document_check(const json_t *document, const json_t *redirect_uris);

#endif
