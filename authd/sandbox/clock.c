/* GET /sandbox/clock: where the clock stands, for tests of portals that want theirs to follow. */
#include "base/clock.h"
#include "sandbox/room.h"

enum err sandbox_clock(struct req *r)
{
    int64_t now_s = clock_now_s();
    int64_t ahead_s = now_s - clock_unshifted_ms() / 1000;
    reply_json(r, 200,
               json_own(r->arena, json_pack("{s:I, s:I}", "now", (json_int_t)now_s, "ahead_s",
                                            (json_int_t)ahead_s)));
    return OK;
}
