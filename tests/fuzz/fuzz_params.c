/* rooms: base */
/* Form parameters: what was read is written and read again as the same list, and is always text. */
#include <stdlib.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *a, const struct params *ps)
{
    struct buf b = buf_in(a);
    for (size_t i = 0; i < ps->n; i++) {
        if (!str_utf8(ps->v[i].name) || !str_utf8(ps->v[i].value)) {
            abort();
        }
        buf_form(&b, str_z(a, ps->v[i].name), ps->v[i].value);
    }
    struct params again;
    if (params_parse(a, buf_str(&b), &again) != OK || again.n != ps->n) {
        abort();
    }
    for (size_t i = 0; i < ps->n; i++) {
        if (!str_eq(ps->v[i].name, again.v[i].name) || !str_eq(ps->v[i].value, again.v[i].value)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct params ps;
    if (params_parse(a, str_of(data, size), &ps) == OK) {
        check(a, &ps);
        (void)params_repeated(&ps);
        (void)param_get(&ps, "client_id");
    }
    arena_free(a);
    return 0;
}
