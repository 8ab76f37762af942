/* error: Post\.created_at gte: the value is of the wrong type */
#include "support/blog_models.h"

#ifdef RIGHT
covet_q made(void);
covet_q made(void) { return W(Post, created_at, gte, (covet_time){0}); }
#else
covet_q made(void);
covet_q made(void) { return W(Post, created_at, gte, "2020-01-01"); }
#endif
