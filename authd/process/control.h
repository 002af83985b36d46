/* What crosses the control socket between the parent and one child.  Each frame carries one
 * message; a descriptor comes along where noted. */
#ifndef PROCESS_CONTROL_H
#define PROCESS_CONTROL_H
#include "base/buf.h"
#include "process/process.h"

enum control_op {
    CONTROL_START = 1, /* parent: struct control_start */
    CONTROL_CHANNEL,   /* parent: struct control_channel + descriptor */
    CONTROL_LISTEN,    /* parent: + descriptor of the listening socket */
    CONTROL_METRICS,   /* parent: + descriptor of the listening socket of /metrics */
    CONTROL_BOARD,     /* parent: u32 slot + descriptor of the board */
    CONTROL_GO,        /* parent: everything of the beginning was said */
    CONTROL_CONFIG,    /* parent: text of the new configuration */
    CONTROL_TLS,       /* parent: struct control_tls */
    CONTROL_DRAIN,     /* parent: finish and end; u8: another set of processes serves */
    CONTROL_READY,     /* child: missing layers of its sandbox, space separated */
    CONTROL_STATUS,    /* parent to admin: state of all processes, JSON */
    CONTROL_UNWELL,    /* child of an heir: why it can't serve */
    CONTROL_LEDGER,    /* parent to clerk: + descriptor of the ledger of erasures */
    CONTROL_UPGRADE,   /* admin: exchange all processes */
    CONTROL_CUT_OFF    /* signer, verifier: struct control_cut_off */
};

struct control_start {
    uint8_t role;
    uint32_t number;
    uint8_t heir; /* of a parent that is not in charge yet: ready means that it can serve */
    uint8_t change_user;
    uint32_t uid, gid;
    struct str config_path, config_text;
    struct str db_password, start_secret;
    struct str tls_certificate, tls_key;
    uint32_t members[ROLE_COUNT]; /* how many of each role there are */
};
struct control_channel {
    uint8_t serve;   /* 1: this process serves; 0: it calls */
    uint8_t other;   /* role at the other end */
    uint32_t number; /* its number */
    uint8_t channel; /* enum channel: as whom the other end may ask */
    uint32_t life;   /* which of the processes that had this number, one after the other */
};
/* Who serves has closed the channel of who asks: what came could not be taken apart, or answers
 * were not read. */
struct control_cut_off {
    uint8_t role;
    uint32_t number, life;
};
struct control_tls {
    struct str certificate, key;
};

void put_control_start(struct buf *b, const struct control_start *m);
CHECKED enum err get_control_start(struct str bytes, struct control_start *out);
void put_control_channel(struct buf *b, const struct control_channel *m);
CHECKED enum err get_control_channel(struct str bytes, struct control_channel *out);
void put_control_cut_off(struct buf *b, const struct control_cut_off *m);
CHECKED enum err get_control_cut_off(struct str bytes, struct control_cut_off *out);
void put_control_tls(struct buf *b, const struct control_tls *m);
CHECKED enum err get_control_tls(struct str bytes, struct control_tls *out);

/* Sends one message; fd -1 for none. */
CHECKED enum err control_send(int control, enum control_op op, struct str payload, int fd);

#endif
