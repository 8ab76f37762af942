/* error: Post\.id range: a value is of the wrong type */
#include "support/blog_models.h"

#ifdef RIGHT
covet_q made(void);
covet_q made(void) { return WRange(Post, id, 1, 3); }
#else
covet_q made(void);
covet_q made(void) { return WRange(Post, id, 1, "3"); }
#endif
