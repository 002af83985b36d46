/* rooms: base */
/* JSON: what is read must be written and read again as the same value. */
#include <stdlib.h>
#include "base/arena.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    json_t *value = NULL;
    json_t *again = NULL;
    if (json_read_in(a, str_of(data, size), &value) == OK) {
        struct str text = json_text(a, value);
        if (text.n < JSON_SIZE_MAX &&
            (json_read_in(a, text, &again) != OK || !json_equal(value, again))) {
            abort();
        }
    }
    arena_free(a);
    return 0;
}
