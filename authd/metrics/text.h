/* The board as Prometheus text (exposition format 0.0.4). */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H
#include "base/buf.h"
#include "metrics/board.h"

/* routes: label of each route ("/token"), n of them; texts of ours, written as they are. */
void metrics_text(struct buf *out, const struct board_slot *slots, const char *const *routes,
                  size_t n);

#endif
