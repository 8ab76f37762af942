/* error: titel */
#include "support/blog_models.h"

#ifdef RIGHT
covet_q made(void);
covet_q made(void) { return W(Post, title, exact, "x"); }
#else
covet_q made(void);
covet_q made(void) { return W(Post, titel, exact, "x"); }
#endif
