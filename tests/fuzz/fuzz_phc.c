/* rooms: verifier */
/* Verifier strings: what reads must write back to the very same text, else two spellings would mean
 * one verifier. */
#include <stdlib.h>
#include "base/arena.h"
#include "verifier/phc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str text = str_of(data, size);
    struct phc p;
    if (phc_read(text, &p) == OK &&
        (!phc_cost_allowed(&p.cost) || !str_eq(phc_text(a, &p), text))) {
        abort();
    }
    arena_free(a);
    return 0;
}
