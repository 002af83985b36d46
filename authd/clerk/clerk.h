/* The clerk's duties, one file each.  Every node has a clerk: each loads the keys of its own
 * signers, but only the one that holds the clerk lock changes things in the database. */
#ifndef CLERK_CLERK_H
#define CLERK_CLERK_H
#include "ledger/ledger.h"
#include "process/process.h"
#include "store/pg.h"

struct clerk {
    struct process *process;
    struct pg *db;
    bool holds_lock;

    /* keys.c */
    bool load_wanted;           /* signers may lack keys: first turn, a restarted signer */
    uint64_t loaded_generation; /* what all signers of this node hold; 0: nothing */
    int64_t loaded_lead_ms;     /* the clock they were told to follow */
    int64_t
        next_key_event_at; /* the database's seconds when rotate_due has something to do again */

    /* erasures.c */
    uint8_t ledger_key[LEDGER_KEY_SIZE];
    struct ledger ledger;              /* as far as it was read and believed */
    int64_t ledger_bytes;              /* so far */
    char ledger_tail[LEDGER_LINE_MAX]; /* behind them: a line that was begun and not finished */
    size_t ledger_tail_n;
    bool ledger_agrees;      /* with the database: keys may go to the signers */
    int64_t erasures_due_ms; /* looked at, or complained of, again */

    /* monotonic milliseconds when a duty is due again */
    int64_t expire_due_ms;
    int64_t partitions_due_ms;
    int64_t clock_due_ms;
    int64_t node_due_ms;
    int64_t node_offset_ms; /* told last */
    char node_name[256];
    int64_t measure_due_ms;
    bool clock_was_off;
    int64_t sandbox_due_ms, sandbox_shift_s;
};

/* Loads the signers when the key store or the signers have changed; with the lock also creates what
 * is missing and carries out what is due, until nothing is.  Waits. */
CHECKED enum err clerk_keys(struct task *t, struct clerk *c);
/* Compares the ledger of erasures with the database, then keeps it up to date.  ERR_CONFLICT while
 * they disagree: then no signer may get keys, because who was erased would live again.  Waits. */
CHECKED enum err clerk_erasures(struct task *t, struct clerk *c);
/* Deletes what has expired, in bounded steps.  Waits. */
CHECKED enum err clerk_expire(struct task *t, struct clerk *c);
/* Makes audit partitions ahead of time, drops those past their keeping.  Waits. */
CHECKED enum err clerk_partitions(struct task *t, struct clerk *c);
/* Tells /metrics about keys and standby servers, now and then.  Waits. */
CHECKED enum err clerk_measure(struct task *t, struct clerk *c);
/* What this node is called; before the sandbox closes. */
void clerk_node_name(struct clerk *c);
/* Tells the database that this node is there, and its clock.  Waits. */
CHECKED enum err clerk_node(struct task *t, struct clerk *c);
/* Says when this node's clock and the database's differ too much. */
void clerk_clock(struct clerk *c);
/* A sandbox only: its clock, and what must be done now and then.  Waits. */
CHECKED enum err clerk_sandbox(struct task *t, struct clerk *c);

#endif
