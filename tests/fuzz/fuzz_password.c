/* rooms: verifier */
/* What people type as a password or a one-time code: normalising is final, the rules come to an end
 * and forbid no more when less is known, and a code that is read reads again. */
#include <stdlib.h>
#include "base/arena.h"
#include "verifier/code_text.h"
#include "verifier/opaque.h"
#include "verifier/password_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct arena *a, struct str password, struct str name)
{
    struct password_rules rules = {.length_min = 8, .host = STR("id.example")};
    struct password_rules bare = {.length_min = 8};
    struct password_owner owner = {.name = name,
                                   .birthdate = STR("1990-04-30"),
                                   .personal_number = STR("001190000001"),
                                   .phone = STR("+84912345678"),
                                   .email = name};
    enum password_fault with = password_judge(a, &rules, &owner, password);
    enum password_fault without = password_judge(a, &bare, NULL, password);
    if (with == PASSWORD_FINE && without != PASSWORD_FINE) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str rest = str_of(data, size), typed, once, twice;
    if (str_split(&rest, '\n', &typed) && password_normalise(a, typed, &once) == OK) {
        if (password_normalise(a, once, &twice) != OK || !str_eq(once, twice)) {
            abort();
        }
        judge(a, once, str_utf8(rest) && rest.n < 256 ? rest : STR("An"));
    }
    if (code_text_read(a, typed, &once) == OK &&
        (code_text_read(a, once, &twice) != OK || !str_eq(once, twice))) {
        abort();
    }
    arena_free(a);
    return 0;
}
