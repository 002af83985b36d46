/* sandbox clock: moves the time by which codes, tokens, sessions and keys are judged, or says where
 * it stands.  Forward only; `reset` goes back to the real time. */
#include "admin/commands.h"

#include "admin/sandbox.h"
#include "base/clock.h"
#include "store/sandbox.h"

enum err sandbox_clock_move(struct call *c, int64_t shift_s, int64_t *out)
{
    TRY(store_sandbox_clock_set(c->task, c->admin->db, shift_s, out));
    /* This node at once; others when the database tells their clerks. */
    atomic_store(&c->admin->process->board[0].clock_shift_s, *out);
    return OK;
}

/* "+2h", "+30m", "+1d12h", in seconds. */
static enum err step_read(struct str text, int64_t *out)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
    int64_t sum = 0;
    size_t at = 1, unit = 0;
    if (!str_starts(text, STR("+")) || text.n < 3) {
        return fail(ERR_INPUT, "sandbox clock: write +2h, +30m, +1d12h, or reset");
    }
    while (at < text.n) {
        size_t from = at;
        uint64_t number;
        while (at < text.n && text.p[at] >= '0' && text.p[at] <= '9') {
            at++;
        }
        while (unit < 4 && at < text.n && units[unit].letter != text.p[at]) {
            unit++;
        }
        if (at == text.n || unit == 4 || at == from || at - from > 9 ||
            !str_u64(str_of(text.p + from, at - from), &number)) {
            return fail(ERR_INPUT, "sandbox clock: write +2h, +30m, +1d12h, or reset");
        }
        sum += (int64_t)number * units[unit++].seconds;
        at++;
    }
    *out = sum;
    return OK;
}

enum err cmd_sandbox_clock(struct call *c, json_t **result)
{
    struct str move = call_text(c, "move");
    int64_t shift_s, step = 0;
    TRY(sandbox_only(c));
    TRY(store_sandbox_shift(c->task, c->admin->db, &shift_s));
    if (str_eqz(move, "reset")) {
        TRY(sandbox_clock_move(c, 0, &shift_s));
    } else if (str_is(move)) {
        TRY(step_read(move, &step));
        TRY(sandbox_clock_move(c, shift_s + step, &shift_s));
    }
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "now",
                        answer_time(clock_unshifted_ms() / 1000 + shift_s));
    json_object_set_new(answer, "ahead_s", json_integer(shift_s));
    *result = answer;
    return OK;
}
