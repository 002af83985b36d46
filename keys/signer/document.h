/* Sealed identity documents: attributes as one JSON object under the identity's own key, that under
 * its bucket's key, that under the master key.  Destroying the wrapped identity key erases the
 * person.
 *
 * The associated data bind a document to identity, kind and version, an identity's key to identity,
 * bucket and bucket key version: rows that are exchanged do not open.  Only this file opens and
 * seals them. */
#ifndef SIGNER_DOCUMENT_H
#define SIGNER_DOCUMENT_H
#include <jansson.h>

#include "keystore/seal.h"
#include "signer/protocol.h"

#define DOCUMENT_MAX ((size_t)32 * 1024)

/* The context under which bucket keys are wrapped. */
struct str bucket_context(struct arena *a, uint16_t bucket);

/* Seals plaintext, a JSON object; makes the keys that d does not bring. */
CHECKED enum err document_seal(struct arena *a, const struct wrap_ring *ring,
                               const struct sealed_document *d, struct str plaintext,
                               struct signer_sealed *out);
/* The JSON object, and its text; owned by the arena. */
CHECKED enum err document_open(struct arena *a, const struct wrap_ring *ring,
                               const struct sealed_document *d, json_t **out, struct str *text);

#endif
