#include "CImageCodecs.h"
int roentgen_codecs_placeholder(void) { return 0; }
