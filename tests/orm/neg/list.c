/* error: Post\.id in: the value is of the wrong type */
#include "support/blog_models.h"

#ifdef RIGHT
covet_q made(void);
covet_q made(void) { return W(Post, id, in, covet_ints(NULL, 0)); }
#else
covet_q made(void);
covet_q made(void) { return W(Post, id, in, 3); }
#endif
