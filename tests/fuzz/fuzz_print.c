/* rooms: authctl command base */
/* Answers on a terminal: no control character but the line feeds that we write. */
#include <stdio.h>
#include <stdlib.h>
#include "authctl/authctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *result = NULL;
    if (size == 0 || json_read(str_of(data + 1, size - 1), JSON_SIZE_MAX, &result) != OK) {
        return 0;
    }
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    if (to == NULL) {
        abort();
    }
    struct screen screen = {data[0] & 0x80 ? 40 + size % 80 : 0, false};
    print_answer(to, &screen, command_at((data[0] & 0x7f) % command_count()), result, false);
    fclose(to);
    for (size_t i = 0; i < n; i++) {
        const unsigned char *c = (const unsigned char *)text + i;
        bool in_two_bytes = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0; /* U+0080 to U+009F */
        if ((c[0] < ' ' && c[0] != '\n') || c[0] == 127 || in_two_bytes) {
            abort();
        }
    }
    free(text);
    json_decref(result);
    return 0;
}
