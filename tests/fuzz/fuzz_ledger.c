/* rooms: ledger base */
/* The ledger of erasures: lines of a file that somebody may have edited.  A line that is taken must
 * be the one that is written from what was read. */
#include <stdlib.h>
#include <string.h>
#include "ledger/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[LEDGER_KEY_SIZE];
    struct ledger l;
    struct str rest = str_of(data, size), text;
    ledger_begin(&l, key);
    while (rest.n > 0 && str_split(&rest, '\n', &text)) {
        struct ledger before = l;
        struct ledger_line line;
        char again[LEDGER_LINE_MAX];
        if (ledger_read(&l, text, &line) != OK) {
            if (l.lines != before.lines) {
                abort();
            }
            break;
        }
        struct str made = ledger_write(&before, line.at, line.id, again);
        if (made.n != text.n + 1 || memcmp(made.p, text.p, text.n) != 0) {
            abort();
        }
    }
    uint8_t out[LEDGER_KEY_SIZE];
    (void)!ledger_key_read(str_of(data, size), out);
    return 0;
}
