/* JSON that is built in memory that ends: jansson answers NULL, a member is missing, and nobody
 * looks. A token without a claim or an audit entry without its detail is worse than none.  So where
 * work has an arena, the work ends as it does when the arena is exhausted. */
#ifndef PROCESS_JSON_MEMORY_H
#define PROCESS_JSON_MEMORY_H
#include "base/arena.h"

/* working: the arena of the work that runs now; NULL: none does, and jansson is told NULL.  fn
 * NULL: from now on nobody is asked. */
void json_memory_watch(struct arena *(*working)(void *arg), void *arg);

#endif
