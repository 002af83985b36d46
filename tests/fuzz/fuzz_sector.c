/* rooms: registration base */
/* Sector documents: what is read is a list of texts, and lists itself. */
#include <stdlib.h>
#include "base/arena.h"
#include "registration/sector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    json_t *list = NULL;
    if (sector_document_read(a, str_of(data, size), &list) == OK &&
        (json_array_size(list) > SECTOR_URIS_MAX || sector_document_check(list, list) != OK)) {
        abort();
    }
    arena_free(a);
    return 0;
}
