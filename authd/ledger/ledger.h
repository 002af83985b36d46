/* The ledger of erasures: one line for each, in the order of the database's numbers.
 *
 *   line = number SP seconds-since-1970 SP uuid SP mac LF
 *   mac  = hex(HMAC-SHA256(key, mac of the line before (32 zero bytes before the first) | number SP
 *          seconds SP uuid))
 *
 * Line 0 names the ledger itself (a uuid that the database holds, too), line n the n-th erasure. It
 * names nobody: a uuid without its key is all that is left of an erased identity. */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

#define LEDGER_KEY_SIZE 32
#define LEDGER_LINE_MAX 160
#define LEDGER_ID 37 /* uuid as text, with NUL */
#define LEDGER_MAC_HEX 65

struct ledger {
    uint8_t key[LEDGER_KEY_SIZE];
    struct sha256 mac; /* of the last line */
    uint64_t lines;    /* so far: the number of the next one */
};
struct ledger_line {
    uint64_t number;
    int64_t at;
    char id[LEDGER_ID];
};

/* key: LEDGER_KEY_SIZE bytes; before the first line. */
void ledger_begin(struct ledger *l, const void *key);
/* The key from 64 hex digits. */
CHECKED enum err ledger_key_read(struct str hex, uint8_t out[LEDGER_KEY_SIZE]);
/* The next line, with its LF; id: a uuid as text. */
struct str ledger_write(struct ledger *l, int64_t at, const char *id, char out[LEDGER_LINE_MAX]);
/* Judges a line (without LF) as the next one.  ERR_INPUT: it does not follow; nothing has changed.
 */
CHECKED enum err ledger_read(struct ledger *l, struct str line, struct ledger_line *out);
/* The last line's mac as text: whoever has seen it knows how long the ledger was. */
void ledger_head(const struct ledger *l, char out[LEDGER_MAC_HEX]);

#endif
