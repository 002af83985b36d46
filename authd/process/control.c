/* Coding of the control messages; reader and writer of each stand together. */
#include "process/control.h"
#include "proc/wire.h"

void put_control_start(struct buf *b, const struct control_start *m)
{
    wire_put_u8(b, m->role);
    wire_put_u32(b, m->number);
    wire_put_u8(b, m->heir);
    wire_put_u8(b, m->change_user);
    wire_put_u32(b, m->uid);
    wire_put_u32(b, m->gid);
    wire_put_str(b, m->config_path);
    wire_put_str(b, m->config_text);
    wire_put_str(b, m->db_password);
    wire_put_str(b, m->start_secret);
    wire_put_str(b, m->tls_certificate);
    wire_put_str(b, m->tls_key);
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        wire_put_u32(b, m->members[i]);
    }
}

enum err get_control_start(struct str bytes, struct control_start *out)
{
    struct wire w = wire_read(bytes);
    struct control_start m = {0};
    m.role = wire_u8(&w);
    m.number = wire_u32(&w);
    m.heir = wire_u8(&w);
    m.change_user = wire_u8(&w);
    m.uid = wire_u32(&w);
    m.gid = wire_u32(&w);
    m.config_path = wire_str(&w);
    m.config_text = wire_str(&w);
    m.db_password = wire_str(&w);
    m.start_secret = wire_str(&w);
    m.tls_certificate = wire_str(&w);
    m.tls_key = wire_str(&w);
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        m.members[i] = wire_u32(&w);
    }
    TRY(wire_done(&w));
    if (m.role == ROLE_PARENT || m.role >= ROLE_COUNT) {
        return fail(ERR_INPUT, "control: role %u", m.role);
    }
    *out = m;
    return OK;
}

void put_control_channel(struct buf *b, const struct control_channel *m)
{
    wire_put_u8(b, m->serve);
    wire_put_u8(b, m->other);
    wire_put_u32(b, m->number);
    wire_put_u8(b, m->channel);
    wire_put_u32(b, m->life);
}

enum err get_control_channel(struct str bytes, struct control_channel *out)
{
    struct wire w = wire_read(bytes);
    struct control_channel m = {0};
    m.serve = wire_u8(&w);
    m.other = wire_u8(&w);
    m.number = wire_u32(&w);
    m.channel = wire_u8(&w);
    m.life = wire_u32(&w);
    TRY(wire_done(&w));
    *out = m;
    return OK;
}

void put_control_cut_off(struct buf *b, const struct control_cut_off *m)
{
    wire_put_u8(b, m->role);
    wire_put_u32(b, m->number);
    wire_put_u32(b, m->life);
}

enum err get_control_cut_off(struct str bytes, struct control_cut_off *out)
{
    struct wire w = wire_read(bytes);
    struct control_cut_off m = {0};
    m.role = wire_u8(&w);
    m.number = wire_u32(&w);
    m.life = wire_u32(&w);
    TRY(wire_done(&w));
    if (m.role == ROLE_PARENT || m.role >= ROLE_COUNT) {
        return fail(ERR_INPUT, "control: role %u", m.role);
    }
    *out = m;
    return OK;
}

void put_control_tls(struct buf *b, const struct control_tls *m)
{
    wire_put_str(b, m->certificate);
    wire_put_str(b, m->key);
}

enum err get_control_tls(struct str bytes, struct control_tls *out)
{
    struct wire w = wire_read(bytes);
    struct control_tls m = {0};
    m.certificate = wire_str(&w);
    m.key = wire_str(&w);
    TRY(wire_done(&w));
    *out = m;
    return OK;
}

enum err control_send(int control, enum control_op op, struct str payload, int fd)
{
    struct arena *a = arena_new(0);
    if (a == NULL) {
        return fail(ERR_NO_MEMORY, "control");
    }
    struct buf b = buf_in(a);
    struct message m = {.op = (uint16_t)op, .payload = payload};
    enum err e = frame_put(&b, &m);
    if (e == OK) {
        e = frame_send_fd(control, buf_str(&b), fd);
    }
    arena_free(a); /* wipes: the message may have held secrets */
    return e;
}
