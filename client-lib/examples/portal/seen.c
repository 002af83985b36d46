/* A table small enough to be searched from front to back. */
#include "seen.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

int seen_before(void *arg, const char *name, int64_t until_s)
{
    struct seen *seen = arg;
    int64_t now = (int64_t)time(NULL);
    size_t place = SEEN_MAX;
    int answer = 0;
    if (strlen(name) >= sizeof(seen->entry[0].name)) {
        return -1;
    }
    pthread_mutex_lock(&seen->lock);
    for (size_t i = 0; i < SEEN_MAX && answer == 0; i++) {
        if (seen->entry[i].until_s <= now) {
            place = i;
        } else if (strcmp(seen->entry[i].name, name) == 0) {
            answer = 1;
        }
    }
    if (answer == 0 && place == SEEN_MAX) {
        answer = -1;
    }
    if (answer == 0) {
        snprintf(seen->entry[place].name, sizeof(seen->entry[place].name), "%s", name);
        seen->entry[place].until_s = until_s;
    }
    pthread_mutex_unlock(&seen->lock);
    return answer;
}
