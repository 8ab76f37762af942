/* error: icontians */
#include "support/blog_models.h"

#ifdef RIGHT
covet_q made(void);
covet_q made(void) { return W(Post, title, icontains, "x"); }
#else
covet_q made(void);
covet_q made(void) { return W(Post, title, icontians, "x"); }
#endif
