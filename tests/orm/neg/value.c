/* error: Post\.title exact: the value is of the wrong type */
#include "support/blog_models.h"

#ifdef RIGHT
covet_q made(void);
covet_q made(void) { return W(Post, title, exact, "3"); }
#else
covet_q made(void);
covet_q made(void) { return W(Post, title, exact, 3); }
#endif
