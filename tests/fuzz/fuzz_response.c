/* rooms: libeid jose base */
/* Headers of the provider's answers, one "Name: value" a line: whatever they say, what is kept is
 * bounded and may be sent back. */
#include <stdlib.h>
#include <string.h>
#include "libeid/date.h"
#include "libeid/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct eid_response *r, struct str line)
{
    char name[64];
    char value[1024];
    size_t colon = str_find(line, ':');
    if (colon >= sizeof(name) || line.n - colon >= sizeof(value) || colon == line.n) {
        return;
    }
    memcpy(name, line.p, colon);
    name[colon] = '\0';
    memcpy(value, line.p + colon + 1, line.n - colon - 1);
    value[line.n - colon - 1] = '\0';
    eid_response_set_header(r, name, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct eid_response r;
    struct str rest = str_of(data, size);
    struct str line;
    response_init(&r);
    while (str_split(&rest, '\n', &line)) {
        take(&r, line);
    }
    if (strlen(r.dpop_nonce) > NONCE_MAX || strpbrk(r.dpop_nonce, " \r\n\"\\\t") != NULL ||
        response_max_age_s(&r) < -1 || r.date_s < 0 || r.retry_after_s < 0 ||
        memchr(r.content_type, '\0', sizeof(r.content_type)) == NULL) {
        abort();
    }
    response_done(&r);
    return 0;
}
