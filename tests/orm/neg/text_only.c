/* error: Post\.is_published icontains: the value is of the wrong type */
#include "support/blog_models.h"

#ifdef RIGHT
covet_q made(void);
covet_q made(void) { return W(Post, is_published, exact, true); }
#else
covet_q made(void);
covet_q made(void) { return W(Post, is_published, icontains, true); }
#endif
