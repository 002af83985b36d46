/* rooms: base */
/* JSON: what is read must be written and read again as the same value; and jansson's own reader
 * must judge the same, but for numbers longer than ours takes. */
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LONGEST_NUMBER 64

static bool has_long_number(const uint8_t *data, size_t size)
{
    size_t run = 0;
    for (size_t i = 0; i < size; i++) {
        run = data[i] != '\0' && strchr("0123456789.eE+-", data[i]) != NULL ? run + 1 : 0;
        if (run > LONGEST_NUMBER) {
            return true;
        }
    }
    return false;
}

static void compare_with_jansson(const uint8_t *data, size_t size, enum err e, const json_t *value)
{
    json_error_t error;
    json_t *theirs = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, &error);
    if (e == OK ? theirs == NULL || !json_equal(value, theirs)
                : e == ERR_INPUT && theirs != NULL && !has_long_number(data, size) &&
                      memchr(data, '\0', size) == NULL) {
        abort();
    }
    json_decref(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    json_t *value = NULL;
    json_t *again = NULL;
    enum err e = json_read_in(a, str_of(data, size), &value);
    compare_with_jansson(data, size, e, value);
    if (e == OK) {
        struct str text = json_text(a, value);
        if (text.n < JSON_SIZE_MAX &&
            (json_read_in(a, text, &again) != OK || !json_equal(value, again))) {
            abort();
        }
    }
    arena_free(a);
    return 0;
}
