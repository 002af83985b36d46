/* rooms: base */
/* What the demo portals read of an API's WWW-Authenticate: any text gives a whole value that fits,
 * or none; and a value is never taken out of another one's quotation marks. */
#include <stdint.h>
#include <stdlib.h>
#include "../../client-lib/examples/portal/challenge.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const char *text)
{
    static const char *const names[] = {"error", "max_age", "acr_values"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char out[32];
        char large[4096];
        memset(out, 'x', sizeof(out));
        bool found = challenge_param(text, names[i], out, sizeof(out));
        if (found && memchr(out, '\0', sizeof(out)) == NULL) {
            abort();
        }
        if (found &&
            (!challenge_param(text, names[i], large, sizeof(large)) || strcmp(out, large))) {
            abort();
        }
        if (found && strstr(text, names[i]) == NULL && strcasestr(text, names[i]) == NULL) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char known[64];
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    for (size_t i = 0; i < size; i++) {
        text[i] = (char)data[i];
    }
    text[size] = '\0';
    judge(text);
    free(text);
    if (!challenge_param("DPoP scope=\"a max_age=\\\"7\\\"\", max_age=\"300\", algs=\"x\"",
                         "max_age", known, sizeof(known)) ||
        strcmp(known, "300") != 0) {
        abort();
    }
    return 0;
}
