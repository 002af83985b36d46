/* rooms: signer proc keystore jose base */
/* Wrapped keys, sealed boxes and documents from a database that somebody else writes: nothing
 * opens. */
#include <stdlib.h>
#include "keystore/key.h"
#include "keystore/seal.h"
#include "signer/document.h"
#include "signer/handle.h"
#include "signer/sealed_box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t master[MASTER_KEY_SIZE] = {3};
    static struct wrap_ring *ring;
    static struct secret *audit;
    if (ring == NULL && (wrap_ring_of_master(str_of(master, sizeof master), STR_NONE,
                                             WRAP_FOR_SIGNERS, &ring) != OK ||
                         x25519_generate(&audit) != OK)) {
        abort();
    }
    struct arena *a = arena_new(0);
    struct str bytes = str_of(data, size), text;
    struct secret *opened = NULL;
    json_t *object;
    if (wrap_open(ring, STR("context"), bytes, &opened) == OK ||
        box_open(a, audit, bytes, &text) == OK) {
        abort();
    }
    struct sealed_document d = {
        .kind = STR("person"), .sealed = bytes, .wrapped_key = bytes, .wrapped_bucket_key = bytes};
    if (document_open(a, ring, &d, &object, &text) == OK) {
        abort();
    }
    arena_free(a);
    return 0;
}
